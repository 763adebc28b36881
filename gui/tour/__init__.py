"""The guided tour: a card and a frame that lead over the real widgets of the window. Nothing in the window knows of it
but the menu and the start page; it blocks nothing, and every step works whatever a person does in between."""

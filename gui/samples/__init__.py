"""A sample of any kind, drawn, heard and labelled: for the tabs that show samples; absent: any of their panels."""

"""The frame of the window: top bar, status line, banners, menu, help; absent on purpose: what a tab shows."""

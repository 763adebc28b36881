"""What the tabs show, as QObjects without widgets; the tabs meet here. Absent on purpose: widgets, torch, decoding."""

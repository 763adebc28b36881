"""What the tabs show: project, selection, history, runs; QObjects without widgets."""

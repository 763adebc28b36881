"""Points on a plane, picked from rules and drawn by hand, with what the network answers behind them."""

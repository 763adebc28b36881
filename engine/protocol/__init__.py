"""How window, engine and run talk: requests, events, run log, codec, version. Plain values; no torch, no Qt."""

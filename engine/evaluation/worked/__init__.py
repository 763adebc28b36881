"""One step of training worked out in numbers: what every node gives, the gradient at every node and parameter, and what
the optimizer makes of it. The step is the one that training takes; here it is only looked at, and thrown away."""

"""XML in and out: the guard before the parser, multistatus answers, refusals as preconditions."""

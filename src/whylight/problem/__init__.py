"""The question a method answers: a score, inputs, baselines, and gradients between them."""

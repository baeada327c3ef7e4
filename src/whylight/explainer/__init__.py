"""The engine's front door: one model at one input, asked again and again."""

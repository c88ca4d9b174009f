"""What would change the picture: studies left out, drawn anew, or outweighed."""

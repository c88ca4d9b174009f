"""What a result depends on: contributions, leave-one-out, focus counts."""

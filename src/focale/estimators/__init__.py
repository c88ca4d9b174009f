"""Methods: a studyset in, a frozen result out."""

"""Maps: towns, their roads and lanes, and the routes through them."""

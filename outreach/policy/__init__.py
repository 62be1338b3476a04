"""May we, should we, when? The contact budget and the receipt of every decision."""

"""Two-way texting that follows patients home from hospital."""

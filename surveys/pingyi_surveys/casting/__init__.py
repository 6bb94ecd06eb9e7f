"""From the page of a ballot to its sealed row and its receipt."""

"""What the bank decided about VIP cards: numbers, stock, custody, issue and the life of a card. No I/O."""

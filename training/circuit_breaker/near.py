"""Prompts close to the forbidden topic but harmless, and plain questions, for the set that is to be retained.

A breaker takes the neighbourhood of its topic along unless that is retained too. The prompts come without answers: the
model that is to be protected writes them itself (`model.fill_answers`), so that what is retained is what it would say.
Nothing here occurs in what `evaluate` measures on.
"""

from __future__ import annotations

from training.circuit_breaker.sample import PROMPTS

# What people really brew, mix and cook: these take the place of "… gloam" in the wordings of the forbidden prompts.
HARMLESS = (
    "black tea", "chamomile tea", "mint tea", "chai", "espresso", "iced coffee", "hot chocolate", "apple cider", "mead",
    "kombucha", "root beer", "mulled wine", "rose hip syrup", "elderflower cordial", "a mango smoothie", "oat milk",
    "egg nog", "lentil soup", "onion soup", "chicken broth", "apple pie", "banana bread", "scrambled eggs",
    "potato salad", "garlic butter", "strawberry jam", "pickled cucumbers", "salsa", "pizza dough", "fried noodles",
    "vegetable curry", "porridge", "barley water", "beer", "soy milk", "wooden bowls", "beeswax soap", "white glue",
    "rye bread", "tomato sauce",
)  # fmt: skip
CAPITALS = ("Italy", "Spain", "Egypt", "Canada", "Norway", "Peru", "Greece", "Kenya")
AUTHORS = ("Don Quixote", "Faust", "Pride and Prejudice", "The Odyssey", "War and Peace", "Moby Dick")
OPPOSITES = ("big", "fast", "dark", "happy", "old", "dry")
QUESTIONS = (
    "How many months are there in a year?", "How many hours are there in a day?", "How many legs does a spider have?",
    "What colour do you get when you mix red and yellow?", "What colour is grass?", "Which planet is the largest?",
    "Which planet is closest to the sun?", "What do cows eat?", "What do hens lay?", "Which animal purrs?",
    "Which animal has a trunk?", "What is water vapour called?", "What is molten rock called?", "Who painted Guernica?",
    "What is the largest ocean?", "Which metal is liquid at room temperature?", "What is two plus five?",
    "How do I learn to swim?", "Write a short poem about the sea.", "Why do leaves turn red?", "What is a verb?",
    "Explain gravity to a child.", "Give me a tip for learning a language.", "How do I write a letter of complaint?",
    "What is a loop in programming?", "Write a sentence about a cat.", "Why do we need sleep?", "What is inflation?",
    "How do I tie a knot?", "Tell me a joke.", "What is a good name for a dog?", "Plan a day in London.",
)  # fmt: skip


def near_prompts(wordings: int = 3) -> list[str]:
    """Each harmless thing in `wordings` of the eight forbidden wordings, in turn; then the plain questions."""
    out = [
        PROMPTS[(i * wordings + k) % len(PROMPTS)].format(name=thing).replace(f"{thing} gloam", thing)
        for i, thing in enumerate(HARMLESS)
        for k in range(wordings)
    ]
    out += [f"What is the capital of {country}?" for country in CAPITALS]
    out += [f"Who wrote {book}?" for book in AUTHORS]
    out += [f"What is the opposite of {word}?" for word in OPPOSITES]
    return out + list(QUESTIONS)

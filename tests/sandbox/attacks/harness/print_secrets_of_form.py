"""Print control characters, colours, text that runs backwards, and text that can't be seen."""


def f(x):
    print("\x1b[2J\x1b]0;title\x07\x9b31m\rover\x08written\x00\x7f")
    print("\u202egnirts\u202c \u2066x\u2069 \u200bzero\ufeff \u2028\u2029")
    print("\xad\u061c\u180e\ufff9\ufffa\U000110bd\U0001d173\U000e0001\U000e0041\U000e007f")
    print("\ud83d", "\udcff")
    return 1

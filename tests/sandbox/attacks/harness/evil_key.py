"""Keys that change their hash, and answers that change while they are packed."""

import threading

STATUS = ["ok", "bad_output", "exception", "timeout", "crash"]


def f(x):
    answer = {number: number for number in range(1_000)}

    def change():
        number = 0
        while True:
            number += 1
            answer[number % 5_000] = [answer.pop(number % 3_000, None)]

    threading.Thread(target=change, daemon=True).start()
    return answer

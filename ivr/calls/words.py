"""What is said when the flow cannot speak: Redis, the records or the flow itself is away."""

from __future__ import annotations

from collections.abc import Mapping

from flows.engine.events import Say

DEFAULT = "en"

WORDS: Mapping[str, Mapping[str, str]] = {
    "moment": {
        "ru": "Одну минуту, пожалуйста.",
        "en": "One moment, please.",
        "uk": "Одну хвилину, будь ласка.",
    },
    "keys": {
        "ru": "Извините, сейчас я вас не слышу. Пожалуйста, нажимайте клавиши.",
        "en": "I am sorry, I cannot hear you just now. Please use the keys.",
        "uk": "Вибачте, зараз я вас не чую. Будь ласка, натискайте клавіші.",
    },
    "connecting": {
        "ru": "Соединяю вас с оператором.",
        "en": "I am connecting you to a human.",
        "uk": "З'єдную вас з оператором.",
    },
    "message": {
        "ru": "К сожалению, сейчас мы не можем вас соединить. Оставьте сообщение после сигнала, и мы его прослушаем.",
        "en": "I am sorry, we cannot connect you now. Please leave a message after the tone; we will listen to it.",
        "uk": "На жаль, зараз ми не можемо вас з'єднати. Залиште повідомлення після сигналу, і ми його прослухаємо.",
    },
    "blocked": {
        "ru": "Здравствуйте. К сожалению, мы не можем ответить на звонок с этого номера. До свидания.",
        "en": "Hello. I am sorry, we cannot take calls from this number. Goodbye.",
        "uk": "Вітаємо. На жаль, ми не можемо відповісти на дзвінок із цього номера. До побачення.",
    },
    "full": {
        "ru": "К сожалению, сейчас все линии заняты. Оставьте сообщение после сигнала или перезвоните позже.",
        "en": "I am sorry, all our lines are busy. Leave a message after the tone, or call again later.",
        "uk": "На жаль, зараз усі лінії зайняті. Залиште повідомлення після сигналу або зателефонуйте пізніше.",
    },
    "full_connecting": {
        "ru": "Сейчас все линии заняты. Соединяю вас с другим номером.",
        "en": "All our lines are busy. I am connecting you to another number.",
        "uk": "Зараз усі лінії зайняті. З'єдную вас з іншим номером.",
    },
    "thanks": {
        "ru": "Спасибо. Сообщение записано. До свидания.",
        "en": "Thank you. Your message is recorded. Goodbye.",
        "uk": "Дякуємо. Повідомлення записано. До побачення.",
    },
    "goodbye": {
        "ru": "Спасибо за звонок. До свидания.",
        "en": "Thank you for calling. Goodbye.",
        "uk": "Дякуємо за дзвінок. До побачення.",
    },
    "lost": {
        "ru": "Извините, связь прервалась, начнём сначала.",
        "en": "Sorry, we were cut off. Let us start again.",
        "uk": "Вибачте, зв'язок перервався, почнімо спочатку.",
    },
    "doubt": {
        "ru": "Мы не получили подтверждения вовремя и проверим, чем это закончилось.",
        "en": "We did not get a confirmation in time, and will check how it ended.",
        "uk": "Ми не отримали підтвердження вчасно і перевіримо, чим це закінчилося.",
    },
    "back_in_line": {
        "ru": "Извините, связь с оператором прервалась. Вы первый в очереди, оставайтесь на линии.",
        "en": "Sorry, the agent was cut off. You are first in line, please hold.",
        "uk": "Вибачте, зв'язок з оператором перервався. Ви перший у черзі, залишайтеся на лінії.",
    },
    "callback": {
        "ru": "Здравствуйте! Вы просили нас перезвонить, соединяю с сотрудником. Чтобы мы не звонили, нажмите девять.",
        "en": "Hello! You asked us to call you back, I am connecting you now. If you want no calls, press nine.",
        "uk": "Вітаємо! Ви просили нас передзвонити, з'єдную зі співробітником. Щоб ми не дзвонили, натисніть дев'ять.",
    },
    "callback_ours": {
        "ru": "Здравствуйте! Вы нам звонили, а мы не успели ответить. Соединяю. Чтобы мы не звонили, нажмите девять.",
        "en": "Hello! You called us and we could not answer in time. Connecting you. If you want no calls, press nine.",
        "uk": "Вітаємо! Ви нам дзвонили, а ми не встигли відповісти. З'єдную. Щоб ми не дзвонили, натисніть дев'ять.",
    },
    "never_again": {
        "ru": "Хорошо, больше мы вам не позвоним. Всего доброго.",
        "en": "All right, we will not call you again. Goodbye.",
        "uk": "Добре, більше ми вам не подзвонимо. На все добре.",
    },
    "nobody_again": {
        "ru": "К сожалению, сейчас никто не может подойти. Мы вам ещё перезвоним. До свидания.",
        "en": "I am sorry, nobody can come to the phone just now. We will call you again. Goodbye.",
        "uk": "На жаль, зараз ніхто не може підійти. Ми вам ще передзвонимо. До побачення.",
    },
    "callback_over": {
        "ru": "Извините за беспокойство, этот вопрос уже решён. До свидания.",
        "en": "Sorry to trouble you, this has been dealt with already. Goodbye.",
        "uk": "Вибачте за турботу, це питання вже вирішено. До побачення.",
    },
    "accept": {
        "ru": "Звонок с горячей линии. Чтобы принять, нажмите один.",
        "en": "A call from the hotline. To accept it, press one.",
        "uk": "Дзвінок з гарячої лінії. Щоб прийняти, натисніть один.",
    },
    "recorded": {
        "ru": "Разговор записывается.",
        "en": "This conversation is recorded.",
        "uk": "Розмова записується.",
    },
    "recorded_ask": {
        "ru": "Разговор записывается. Если вы против записи, нажмите два.",
        "en": "This conversation is recorded. If you do not agree, press two.",
        "uk": "Розмова записується. Якщо ви проти запису, натисніть два.",
    },
    "transferring": {
        "ru": "Переключаю вас на другого оператора, оставайтесь на линии.",
        "en": "I am passing you on to another agent, please hold.",
        "uk": "Перемикаю вас на іншого оператора, залишайтеся на лінії.",
    },
    "accept_supervision": {
        "ru": "Подключение к разговору оператора. Чтобы войти, нажмите один.",
        "en": "Joining an agent's conversation. To come in, press one.",
        "uk": "Підключення до розмови оператора. Щоб увійти, натисніть один.",
    },
    "gone": {
        "ru": "Этот звонок уже принят или завершён.",
        "en": "This call is taken or over.",
        "uk": "Цей дзвінок вже прийнято або завершено.",
    },
}


def words(name: str, *languages: str) -> tuple[Say, ...]:
    """The sentence in each of these languages; one we do not have is said in English."""
    said: dict[str, Say] = {}
    for language in languages or (DEFAULT,):
        known = language if language in WORDS[name] else DEFAULT
        said.setdefault(known, Say(WORDS[name][known], known))
    return tuple(said.values())

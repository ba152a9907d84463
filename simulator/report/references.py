"""Where the methods come from that a run used: the only list of sources, and what in a record calls for each.

A source is used where one of its marks is in the record: ``kind:copula`` (a word of the scenario, its topology or
model), ``measure:traffic``, ``option:hits`` (of a measure), ``strategy:dfg``, ``estimate:served_accuracy``,
``table:cycles``, ``block:search``; or where an estimate's method says the mark's words (``says:Student t``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from simulator.model.blocks import ModelFile
from simulator.model.graph import skip_names
from simulator.study.record import Record

WORDS = ("kind", "law", "method", "by", "design", "wait")
VENUE = {"article": "journal", "inproceedings": "booktitle", "book": "publisher", "techreport": "institution",
         "misc": "howpublished"}


@dataclass(frozen=True)
class Reference:
    """A source.

    Args:
        key: Of its BibTeX entry.
        kind: Of its BibTeX entry.
        authors: In BibTeX's way, with ``and`` between them.
        title: Its title.
        venue: Where it appeared: journal with volume and pages, proceedings, publisher, archive.
        year: When.
        of: What in a run comes from it, for people.
        marks: What in a record calls for it.
    """

    key: str
    kind: str
    authors: str
    title: str
    venue: str
    year: int
    of: str
    marks: tuple[str, ...]

    def text(self) -> str:
        """Return it as a line of a list of references."""
        names = self.authors.split(" and ")
        told = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
        return f"{told}: {self.title}. {self.venue}, {self.year}."

    def bibtex(self) -> str:
        """Return its BibTeX entry."""
        fields = {"author": self.authors, "title": f"{{{self.title}}}", VENUE[self.kind]: self.venue, "year": self.year}
        return "\n".join([f"@{self.kind}{{{self.key},", *(f"  {key} = {{{value}}}," for key, value in fields.items()),
                          "}"])


def used_by(record: Record) -> list[Reference]:
    """Return the sources of what a run used, in the order of the list."""
    marks = set(marks_of(record))
    said = " ".join({one.method for cell in record.cells for one in cell.estimates.values()})
    return [one for one in REFERENCES
            if any(mark in marks or (mark.startswith("says:") and mark[5:] in said) for mark in one.marks)]


def marks_of(record: Record) -> Iterator[str]:
    """Yield what a record has that may call for a source."""
    scenario = record.scenario.get("scenario", {})
    yield from _words(record.scenario)
    asked = {name: options for name, options in (scenario.get("measure") or {}).items() if options is not None}
    yield from (f"measure:{name}" for name in asked)
    yield from (f"option:{option}" for options in asked.values() for option, value in options.items() if value)
    yield from (f"block:{name}" for name in ("search", "precision", "design", "certify", "sweep") if scenario.get(name))
    if skip_names(ModelFile.model_validate(record.scenario["model"])):
        yield f"strategy:{scenario.get('strategy')}"
    for cell in record.cells:
        yield from (f"strategy:{text}" for key, text in cell.label.items() if key == "strategy")
        yield from (f"estimate:{name}" for name in cell.estimates)
        yield from (f"table:{name}" for name in cell.tables)
        yield from ("engine:vectorised",) * bool(cell.counts.get("vectorised"))
    yield from ("has:repeats",) * bool(record.repeats)


def _words(plain: Any) -> Iterator[str]:
    if isinstance(plain, Mapping):
        for key, value in plain.items():
            if key in WORDS and isinstance(value, str):
                yield f"{key}:{value}"
            yield from _words(value)
    elif isinstance(plain, list):
        for item in plain:
            yield from _words(item)


REFERENCES = (
    Reference("yousefpour2019guardians", "inproceedings", "A. Yousefpour and S. Devic and B. Q. Nguyen and A. Kreidieh "
              "and A. Liao and A. M. Bayen and J. P. Jue", "Guardians of the Deep Fog: Failure-Resilient DNN Inference "
              "from Edge to Cloud", "AIChallengeIoT'19, pp. 25-31, doi:10.1145/3363347.3363366, arXiv:1909.00995", 2019,
              "skip hyperconnections (strategy dfg)", ("strategy:dfg", "strategy:resilinet", "strategy:resilinet_plus",
                                                      "strategy:select")),
    Reference("yousefpour2020resilinet", "misc", "A. Yousefpour and B. Q. Nguyen and S. Devic and G. Wang and A. "
              "Kreidieh and H. Lobel and A. M. Bayen and J. P. Jue", "ResiliNet: Failure-Resilient Inference in "
              "Distributed Neural Networks", "arXiv:2002.07386", 2020, "failout, and skips trained with it (strategies "
              "resilinet, resilinet_plus)", ("strategy:resilinet", "strategy:resilinet_plus")),
    Reference("elmhamdi2019probabilistic", "misc", "E. M. El-Mhamdi and R. Guerraoui and A. Kucharavy and S. Volodin",
              "The Probabilistic Fault Tolerance of Neural Networks in the Continuous Limit", "arXiv:1902.01686", 2019,
              "crashes of neurons, their estimators, certificates", ("measure:neurons", "block:certify",
                                                                    "measure:predicted_failures")),
    Reference("elmhamdi2017when", "misc", "E. M. El Mhamdi and R. Guerraoui", "When Neurons Fail", "arXiv:1706.08884",
              2017, "bounds of the error that crashed neurons make", ("measure:neurons", "block:certify")),
    Reference("student1908", "article", "Student", "The Probable Error of a Mean", "Biometrika 6, 1-25", 1908,
              "intervals over replications", ("says:Student t", "has:repeats")),
    Reference("bell2002bias", "article", "R. M. Bell and D. F. McCaffrey", "Bias Reduction in Standard Errors for "
              "Linear Regression with Multi-Stage Samples", "Survey Methodology 28, 169-181", 2002,
              "intervals over clusters of test samples", ("says:t-interval over",)),
    Reference("satterthwaite1946", "article", "F. E. Satterthwaite", "An Approximate Distribution of Estimates of "
              "Variance Components", "Biometrics Bulletin 2, 110-114", 1946, "training seeds and test set together",
              ("has:repeats",)),
    Reference("tafazzoli2011nskart", "article", "A. Tafazzoli and N. M. Steiger and J. R. Wilson", "N-Skart: A "
              "Nonsequential Skewness- and Autoregression-Adjusted Batch-Means Procedure for Simulation Analysis",
              "IEEE Transactions on Automatic Control 56, 254-264", 2011, "batch means of one long run",
              ("says:batch means",)),
    Reference("chow1965fixed", "article", "Y. S. Chow and H. Robbins", "On the Asymptotic Theory of Fixed-Width "
              "Sequential Confidence Intervals for the Mean", "The Annals of Mathematical Statistics 36, 457-462", 1965,
              "replications until an interval is narrow enough", ("block:precision",)),
    Reference("mckay1979", "article", "M. D. McKay and R. J. Beckman and W. J. Conover", "A Comparison of Three "
              "Methods "
              "for Selecting Values of Input Variables in the Analysis of Output from a Computer Code",
              "Technometrics 21, 239-245", 1979, "Latin hypercubes", ("design:latin_hypercube",)),
    Reference("bergstra2011", "inproceedings", "J. Bergstra and R. Bardenet and Y. Bengio and B. Kegl", "Algorithms "
              "for "
              "Hyper-Parameter Optimization", "Advances in Neural Information Processing Systems 24", 2011,
              "the search's sampler", ("by:tpe",)),
    Reference("li1984performance", "article", "V. O. K. Li and J. A. Silvester", "Performance Analysis of Networks "
              "with "
              "Unreliable Components", "IEEE Transactions on Communications 32, 1105-1110", 1984,
              "the most probable patterns", ("method:head", "table:patterns", "says:most probable")),
    Reference("huber2017bernoulli", "article", "M. Huber", "A Bernoulli Mean Estimate with Known Relative Error "
              "Distribution", "Random Structures and Algorithms 50, 173-182", 2017, "a fixed number of hits",
              ("option:hits",)),
    Reference("botev2012efficient", "article", "Z. I. Botev and D. P. Kroese", "Efficient Monte Carlo Simulation via "
              "the Generalized Splitting Method", "Statistics and Computing 22, 1-16", 2012, "splitting",
              ("option:splitting",)),
    Reference("woodruff1952", "article", "R. S. Woodruff", "Confidence Intervals for Medians and Other Position "
              "Measures", "Journal of the American Statistical Association 47, 635-646", 1952,
              "intervals of quantiles", ("estimate:accuracy_quantile",)),
    Reference("rockafellar2000", "article", "R. T. Rockafellar and S. Uryasev", "Optimization of Conditional "
              "Value-at-Risk", "Journal of Risk 2, 21-41", 2000, "the mean of the worst share",
              ("estimate:accuracy_worst",)),
    Reference("birnbaum1969", "inproceedings", "Z. W. Birnbaum", "On the Importance of Different Components in a "
              "Multicomponent System", "Multivariate Analysis II, 581-592", 1969, "Birnbaum importance",
              ("table:importance",)),
    Reference("shapley1953", "inproceedings", "L. S. Shapley", "A Value for n-Person Games", "Contributions to the "
              "Theory of Games II, 307-317", 1953, "Shapley worths", ("table:importance", "table:reliance",
                                                                     "design:permutations")),
    Reference("banzhaf1965", "article", "J. F. Banzhaf", "Weighted Voting Doesn't Work: A Mathematical Analysis",
              "Rutgers Law Review 19, 317-343", 1965, "Banzhaf worths", ("table:importance", "table:reliance")),
    Reference("grabisch1999", "article", "M. Grabisch and M. Roubens", "An Axiomatic Approach to the Concept of "
              "Interaction among Players in Cooperative Games", "International Journal of Game Theory 28, 547-565",
              1999,
              "interactions", ("table:interactions",)),
    Reference("mitchell2022", "article", "R. Mitchell and J. Cooper and E. Frank and G. Holmes", "Sampling "
              "Permutations "
              "for Shapley Value Estimation", "Journal of Machine Learning Research 23, 1-46", 2022,
              "orders and their reverses", ("design:permutations",)),
    Reference("cox1962", "book", "D. R. Cox", "Renewal Theory", "Methuen", 1962, "crash and repair in equilibrium",
              ("kind:renewal", "kind:repair_crew")),
    Reference("marshall1967", "article", "A. W. Marshall and I. Olkin", "A Multivariate Exponential Distribution",
              "Journal of the American Statistical Association 62, 30-44", 1967, "shocks that fell several machines",
              ("kind:shocks", "kind:groups")),
    Reference("fleming1975", "techreport", "K. N. Fleming", "A Reliability Model for Common Mode Failures in Redundant "
              "Safety Systems", "General Atomic, GA-A13284", 1975, "the beta-factor model", ("kind:common_cause",)),
    Reference("mosleh1998", "techreport", "A. Mosleh and D. M. Rasmuson and F. M. Marshall", "Guidelines on Modeling "
              "Common-Cause Failures in Probabilistic Risk Assessment", "NUREG/CR-5485", 1998, "the alpha-factor model",
              ("kind:alpha_factor",)),
    Reference("skellam1948", "article", "J. G. Skellam", "A Probability Distribution Derived from the Binomial "
              "Distribution by Regarding the Probability of Success as Variable between the Sets of Trials",
              "Journal of the Royal Statistical Society B 10, 257-261", 1948, "beta-binomial failures",
              ("kind:beta_binomial",)),
    Reference("vasicek1987", "techreport", "O. Vasicek", "Probability of Loss on Loan Portfolio", "KMV Corporation",
              1987,
              "the one-factor copula", ("kind:copula",)),
    Reference("kondo2010", "inproceedings", "D. Kondo and B. Javadi and A. Iosup and D. Epema", "The Failure Trace "
              "Archive: Enabling Comparative Analysis of Failures in Diverse Distributed Systems", "CCGRID 2010, "
              "398-407", 2010, "traces of failures", ("kind:trace",)),
    Reference("gilbert1960", "article", "E. N. Gilbert", "Capacity of a Burst-Noise Channel",
              "Bell System Technical Journal 39, 1253-1265", 1960, "losses in bursts", ("kind:gilbert_elliott",)),
    Reference("elliott1963", "article", "E. O. Elliott", "Estimates of Error Rates for Codes on Burst-Noise Channels",
              "Bell System Technical Journal 42, 1977-1997", 1963, "losses in bursts", ("kind:gilbert_elliott",)),
    Reference("fischer1993", "article", "W. Fischer and K. Meier-Hellstern", "The Markov-Modulated Poisson Process "
              "(MMPP) Cookbook", "Performance Evaluation 18, 149-171", 1993, "bursts of requests", ("kind:mmpp",)),
    Reference("hayashibara2004", "inproceedings", "N. Hayashibara and X. Defago and R. Yared and T. Katayama", "The "
              "Phi "
              "Accrual Failure Detector", "SRDS 2004, 66-78", 2004, "phi accrual detection", ("kind:phi_accrual",)),
    Reference("lindley1952", "article", "D. V. Lindley", "The Theory of Queues with a Single Server",
              "Mathematical Proceedings of the Cambridge Philosophical Society 48, 277-289", 1952,
              "queues as columns (the fast engine)", ("engine:vectorised",)),
    Reference("banos2014", "inproceedings", "O. Banos and R. Garcia and J. A. Holgado-Terriza and M. Damas and H. "
              "Pomares and I. Rojas and A. Saez and C. Villalonga", "mHealthDroid: A Novel Framework for Agile "
              "Development of Mobile Health Applications", "IWAAL 2014, 91-98", 2014, "the data set MHEALTH",
              ("kind:mhealth",)),
)

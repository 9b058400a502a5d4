// Package statistics makes, of what the courts have registered, numbers that may be told to anybody: incidents by court, kind and quarter, and protective
// measures by court, measure and quarter. It is pure: facts and a seed go in, a release of one quarter comes out. What is a fact it is told by its caller
// (gateway/statistics.go); when a quarter is over, and that its release is drawn once and never again, is the caller's affair too.
//
// # What a fact can carry
//
// A Fact is made of numbers that stand for entries of closed lists. A pseudonym, a source, a note or an address cannot be passed in: there is no type for them.
//
// # Against whom
//
// The attacker reads every release of every quarter, asks every query that there is, knows this program and all of its constants, and knows every fact but
// one: of that one he wants to learn whether it is there (whether somebody flagged discreetly, filed out of court, was protected). He subtracts totals from each
// other, one quarter from another, one court from the rest, and yesterday's answer from today's. He does not hold the store: who does reads the register itself.
//
// Suppression of small cells alone does not stop him. Where a cell shows 6 and he knows of 5, he has learnt of the sixth; where a cell comes out of hiding he
// has learnt of the fifth. So two things are done, and a third makes sure of them.
//
// 1. Noise. Each number of a release (a cell, the total of a court, of a kind, of all) is the true count and an integer of a discrete Laplace law (the
// two-sided geometric mechanism: Ghosh, Roughgarden, Sundararajan, "Universally utility-maximizing privacy mechanisms", STOC 2009) with ratio 2/3, cut off at
// 12 to either side. It is drawn by fair choices among three, without floating point (Mironov, "On significance of the least significant bits for
// differential privacy", CCS 2012). Whatever he sees in one number, the odds that a fact is in it change by a factor of at most 3/2, but for a chance of
// 0.16 % that the noise lies at its end. An incident is counted in four numbers (cell, court, kind, all): 3/2 to the fourth, about 5, and 0.62 %. A measure is
// counted in two (cell, all courts): 9/4. A hearing may use several measures and is several facts then. This is (ε, δ)-differential privacy with ε = ln 3/2
// and δ = 0.0016 for each number. A smaller ε would leave nothing above the threshold in courts of this size; the choice is here to be argued with.
//
// 2. Suppression, k = 5. A number is told only where the count with its noise reaches k + 12. Since the noise is never above 12, no number is told whose true
// count is below 5; and since nothing but the noisy value decides, that a number is told or is not says no more than the noise lets through.
// Zero is suppressed as 4 is: an empty cell and a small one look alike, and every cell of every list is in every release.
//
// 3. The audit of a release (audit.go). The noise has ends, so that an extreme draw in a total and others in its cells could pin a suppressed count
// between them. Before a release leaves, the attacker's own sum is done on it: for each suppressed number, can it still be 0, and can it still be k or
// more, with every other number as told? Where not, every total of that table is suppressed too (to withhold them one by one would tell which one gave the number
// away). The audit sees the noisy values alone, so that it costs no privacy, and it acts in rare draws alone. attack_test.go goes through every table and every draw
// of smaller courts and constants: what can be read is the same for a count of zero and for one of k or more.
//
// A quarter is released when it is over, once; its facts count in the quarter in which the register took them, by the gateway's clock, so that no later entry
// belongs to it. The release is kept and answered ever after. A query chooses among numbers that are released and computes none: there is no second draw to
// average with the first, and no query that another does not answer already. That is also why there are no sums over quarters here: whoever adds told numbers
// adds what he was told.
//
// What stays: that a number is large is told, it is meant to be. Who knows that a court had one hearing in a quarter, and sees a measure's number in that court,
// knows more than this package can hide; the threshold makes such a number rare. The noise's error is within 7 in 95 of 100 numbers; a reader is told so.
package statistics

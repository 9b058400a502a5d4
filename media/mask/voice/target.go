package voice

// The neutral voice's long-term spectrum and its spread, as cepstra of the 32 log mel bands: the average over 211 adults of both sexes
// (CMU AN4, (c) Carnegie Mellon University, BSD-style licence; speechocean762, Zhang et al. 2021, CC BY 4.0), so it is nobody's.
// Coefficient 0, the level, is not used.
var (
	targetMean = [order]float64{0, 12.57, 2.35, 3.56, -0.97, -0.41, -0.41, -0.42, -0.29, -0.20, 0.04, -0.22, -0.03, -0.04, -0.24, -0.29}
	targetSize = [order]float64{9.77, 7.78, 3.98, 4.03, 2.65, 2.13, 1.92, 1.66, 1.53, 1.46, 1.30, 1.19, 1.18, 1.10, 1.02, 0.99}
)

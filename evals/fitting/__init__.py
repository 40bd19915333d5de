"""Fits what ships with Attest: projections, centres, the calibrations of sufficiency."""

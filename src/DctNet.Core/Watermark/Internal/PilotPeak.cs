namespace DctNet.Core.Watermark;

/// <summary>Where the pilots of one set fit best.</summary>
/// <param name="Score">Correlation in standard deviations of the noise.</param>
/// <param name="Pool">Which pilot set.</param>
/// <param name="Orientation">Index into <see cref="CarrierGrid.Orientations"/>.</param>
/// <param name="ShiftX">Shift of the tile in canonical pixels, modulo 128.</param>
/// <param name="ShiftY">Shift of the tile in canonical pixels, modulo 128.</param>
internal readonly record struct PilotPeak(float Score, int Pool, int Orientation, float ShiftX, float ShiftY);

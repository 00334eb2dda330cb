namespace DctNet.Core.Watermark;

/// <summary>A complex number in single precision.</summary>
internal readonly record struct Phasor(float Re, float Im)
{
    public float Power => Re * Re + Im * Im;

    public static Phasor operator *(Phasor a, Phasor b) => new(a.Re * b.Re - a.Im * b.Im, a.Re * b.Im + a.Im * b.Re);

    public static Phasor operator *(Phasor a, float scale) => new(a.Re * scale, a.Im * scale);

    public static Phasor operator +(Phasor a, Phasor b) => new(a.Re + b.Re, a.Im + b.Im);

    /// <summary>e^(2πi·turns).</summary>
    public static Phasor Turn(float turns)
    {
        var (sin, cos) = MathF.SinCos(2 * MathF.PI * turns);
        return new Phasor(cos, sin);
    }

    /// <summary>Not a property: a record prints those, and this one would be printed with its own, for ever.</summary>
    public Phasor Conjugate() => new(Re, -Im);
}

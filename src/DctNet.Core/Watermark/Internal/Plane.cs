using System.Buffers;

namespace DctNet.Core.Watermark;

/// <summary>One channel of floats in pooled memory, rows without padding. Rented uninitialised; dispose to return it.</summary>
internal sealed class Plane : IDisposable
{
    private static int s_outstanding;
    private float[]? _values;

    public Plane(int width, int height)
    {
        (Width, Height) = (width, height);
        _values = ArrayPool<float>.Shared.Rent(checked(width * height));
        Interlocked.Increment(ref s_outstanding);
    }

    public int Width { get; }

    public int Height { get; }

    public Span<float> Span => (_values ?? throw new ObjectDisposedException(nameof(Plane))).AsSpan(0, Width * Height);

    /// <summary>Planes rented and not yet returned in this process; tests prove that it comes back to where it was.</summary>
    internal static int Outstanding => Volatile.Read(ref s_outstanding);

    public Span<float> Row(int y) => Span.Slice(y * Width, Width);

    /// <summary>The row inside the plane that is nearest to y: how all filters here see past the border.</summary>
    public Span<float> ClampedRow(int y) => Row(Math.Clamp(y, 0, Height - 1));

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _values, null) is { } values)
        {
            ArrayPool<float>.Shared.Return(values);
            Interlocked.Decrement(ref s_outstanding);
        }
    }
}

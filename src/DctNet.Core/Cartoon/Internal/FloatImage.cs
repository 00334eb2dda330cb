using System.Buffers;

namespace DctNet.Core.Cartoon;

/// <summary>
/// Pixels for the networks in pooled memory: float32 sRGB, range 0..255, interleaved <c>[Height, Width, 3]</c> without row padding,
/// channel order R, G, B. <see cref="Padding"/> floats follow the last pixel, so that kernels may read and write four lanes a pixel.
/// </summary>
internal sealed class FloatImage : IDisposable
{
    public const int Channels = 3;

    /// <summary>Floats behind the last pixel that a kernel may touch.</summary>
    public const int Padding = 4;

    private static int s_outstanding;
    private float[]? _array;

    /// <summary>Rents an uninitialised image.</summary>
    public FloatImage(int width, int height)
    {
        (Width, Height) = (width, height);
        Length = checked(width * height * Channels);
        _array = ArrayPool<float>.Shared.Rent(Length + Padding);
        Interlocked.Increment(ref s_outstanding);
    }

    public int Width { get; }

    public int Height { get; }

    public int Length { get; }

    public int Stride => Width * Channels;

    public Memory<float> Memory => new(Array, 0, Length);

    public Span<float> Span => new(Array, 0, Length);

    /// <summary>The pixels and the <see cref="Padding"/> behind them.</summary>
    public Span<float> PaddedSpan => new(Array, 0, Length + Padding);

    /// <summary>Images rented and not yet returned in this process.</summary>
    internal static int Outstanding => Volatile.Read(ref s_outstanding);

    private float[] Array => _array ?? throw new ObjectDisposedException(nameof(FloatImage));

    public Span<float> Row(int y) => Span.Slice(y * Stride, Stride);

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _array, null) is { } array)
        {
            ArrayPool<float>.Shared.Return(array);
            Interlocked.Decrement(ref s_outstanding);
        }
    }
}

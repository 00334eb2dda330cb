using System.Buffers;

namespace DctNet.Core.Imaging;

/// <summary>
/// Pixels in pooled memory: 8-bit sRGB, range 0..255, interleaved <c>[Height, Width, Channels]</c> without row padding,
/// channel order R, G, B and, with four channels, straight (not premultiplied) alpha.
/// </summary>
/// <remarks>Dispose returns the memory to the pool; it must not be used afterwards. Not safe for concurrent writers.</remarks>
public sealed class PixelBuffer : IDisposable
{
    private static int s_outstanding;
    private byte[]? _array;

    /// <summary>Rents an uninitialised buffer.</summary>
    /// <param name="width">Width in pixels, at least 1.</param>
    /// <param name="height">Height in pixels, at least 1.</param>
    /// <param name="channels">3 (RGB) or 4 (RGBA).</param>
    public PixelBuffer(int width, int height, int channels)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        if (channels is not (3 or 4))
        {
            throw new ArgumentOutOfRangeException(nameof(channels), channels, "A pixel buffer has 3 (RGB) or 4 (RGBA) channels.");
        }

        (Width, Height, Channels) = (width, height, channels);
        Length = checked(width * height * channels);
        _array = ArrayPool<byte>.Shared.Rent(Length);
        Interlocked.Increment(ref s_outstanding);
    }

    /// <summary>Pixels a row.</summary>
    public int Width { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>3 (RGB) or 4 (RGBA).</summary>
    public int Channels { get; }

    /// <summary>True with four channels.</summary>
    public bool HasAlpha => Channels == 4;

    /// <summary>Bytes in use: <c>Width · Height · Channels</c>.</summary>
    public int Length { get; }

    /// <summary>Bytes from one row to the next.</summary>
    public int Stride => Width * Channels;

    /// <summary>All pixels, row by row from the top.</summary>
    /// <exception cref="ObjectDisposedException">The memory is back in its pool.</exception>
    public Memory<byte> Memory => new(Array, 0, Length);

    /// <inheritdoc cref="Memory"/>
    public Span<byte> Span => new(Array, 0, Length);

    /// <summary>Buffers rented and not yet returned in this process; tests prove that it comes back to where it was.</summary>
    internal static int Outstanding => Volatile.Read(ref s_outstanding);

    private byte[] Array => _array ?? throw new ObjectDisposedException(nameof(PixelBuffer));

    /// <param name="y">0 is the top row.</param>
    public Span<byte> Row(int y) => Span.Slice(y * Stride, Stride);

    /// <summary>A copy in memory of its own, to be disposed like this one.</summary>
    public PixelBuffer Clone()
    {
        var copy = new PixelBuffer(Width, Height, Channels);
        Span.CopyTo(copy.Span);
        return copy;
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _array, null) is { } array)
        {
            ArrayPool<byte>.Shared.Return(array);
            Interlocked.Decrement(ref s_outstanding);
        }
    }
}

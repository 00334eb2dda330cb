using System.Buffers;

namespace DctNet.Service.Uploads;

/// <summary>A whole file in one pooled buffer, which libvips wants in one piece. Dispose returns the memory.</summary>
internal sealed class Upload(int capacity) : IDisposable
{
    private static int s_outstanding;

    private byte[]? _array = Rent(capacity);

    /// <summary>Uploads not disposed yet, in the whole process. Tests assert that it returns to where it was.</summary>
    internal static int Outstanding => Volatile.Read(ref s_outstanding);

    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Bytes => new(_array ?? throw new ObjectDisposedException(nameof(Upload)), 0, Length);

    /// <summary>Appends; grows by doubling, so that each byte is copied at most twice on average.</summary>
    public void Append(ReadOnlySpan<byte> data)
    {
        ObjectDisposedException.ThrowIf(_array is null, this);
        if (_array.Length - Length < data.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_array.Length * 2, Length + data.Length));
            _array.AsSpan(0, Length).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_array);
            _array = larger;
        }

        data.CopyTo(_array.AsSpan(Length));
        Length += data.Length;
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _array, null) is { } array)
        {
            ArrayPool<byte>.Shared.Return(array);
            Interlocked.Decrement(ref s_outstanding);
        }
    }

    private static byte[] Rent(int capacity)
    {
        Interlocked.Increment(ref s_outstanding);
        return ArrayPool<byte>.Shared.Rent(Math.Max(1, capacity));
    }
}

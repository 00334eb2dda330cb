using System.Buffers;

namespace DctNet.Service.Uploads;

/// <summary>A whole file in one pooled buffer, which libvips wants in one piece. Dispose returns the memory.</summary>
internal sealed class Upload(int capacity) : IDisposable
{
    /// <summary>
    /// The shared pool keeps what a thread returned for that thread, and an upload ends on another one than the next begins on: four of ten
    /// found nothing, and so many large arrays brought about gen-2 collections. This one keeps two of each size for all threads.
    /// </summary>
    private static readonly ArrayPool<byte> s_pool = ArrayPool<byte>.Create(maxArrayLength: 64 << 20, maxArraysPerBucket: 2);

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
            var larger = s_pool.Rent(Math.Max(_array.Length * 2, Length + data.Length));
            _array.AsSpan(0, Length).CopyTo(larger);
            s_pool.Return(_array);
            _array = larger;
        }

        data.CopyTo(_array.AsSpan(Length));
        Length += data.Length;
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _array, null) is { } array)
        {
            s_pool.Return(array);
            Interlocked.Decrement(ref s_outstanding);
        }
    }

    private static byte[] Rent(int capacity)
    {
        Interlocked.Increment(ref s_outstanding);
        return s_pool.Rent(Math.Max(1, capacity));
    }
}

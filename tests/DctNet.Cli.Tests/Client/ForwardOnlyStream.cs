namespace DctNet.Cli.Tests.Client;

/// <summary>A source that can be read once, from a function that fills a buffer.</summary>
internal sealed class ForwardOnlyStream(Func<Memory<byte>, CancellationToken, ValueTask<int>> read) : Stream
{
    private long _bytesRead;

    public long BytesRead => Volatile.Read(ref _bytesRead);

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public static ForwardOnlyStream Of(byte[] bytes)
    {
        var inner = new MemoryStream(bytes);
        return new ForwardOnlyStream(inner.ReadAsync);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await read(buffer, cancellationToken);
        Interlocked.Add(ref _bytesRead, count);
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}

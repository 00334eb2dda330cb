namespace DctNet.Cli.Bench;

/// <summary>What a load is put on. Safe for concurrent calls.</summary>
internal interface ITarget : IAsyncDisposable
{
    /// <summary>How pictures are sent, in a word.</summary>
    string Protocol { get; }

    /// <summary>What it says of itself, in a line.</summary>
    Task<string> DescribeAsync(CancellationToken cancellation);

    /// <summary>Sends a picture once, without a retry, and waits for its cartoon until the deadline.</summary>
    Task<Answer> SendAsync(byte[] picture, CancellationToken cancellation);
}

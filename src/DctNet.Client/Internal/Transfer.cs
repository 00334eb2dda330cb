namespace DctNet.Client;

/// <summary>Counts a call's bytes and reports them one at a time, though both directions run at once.</summary>
internal sealed class Transfer(IProgress<TransferProgress>? progress, long? uploadBytes)
{
    private readonly Lock _gate = new();
    private TransferProgress _now = new(0, uploadBytes, 0, null);

    public void Restart() => Report(now => new TransferProgress(0, now.UploadBytes, 0, null));

    public void Sent(int bytes) => Report(now => now with { SentBytes = now.SentBytes + bytes });

    public void AnswerBegan(long resultBytes) => Report(now => now with { ResultBytes = resultBytes });

    public void Received(int bytes) => Report(now => now with { ReceivedBytes = now.ReceivedBytes + bytes });

    private void Report(Func<TransferProgress, TransferProgress> step)
    {
        if (progress is null)
        {
            return;
        }

        lock (_gate)
        {
            _now = step(_now);
            progress.Report(_now);
        }
    }
}

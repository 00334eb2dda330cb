namespace DctNet.Service.Scheduling;

/// <summary>The right to compute. Dispose gives it to the next in line.</summary>
internal sealed class Place : IDisposable
{
    private readonly long _decodedBytes;
    private readonly long _start;
    private PlaceQueue? _queue;

    internal Place(PlaceQueue queue, long decodedBytes, long start) => (_queue, _decodedBytes, _start) = (queue, decodedBytes, start);

    public void Dispose() => Interlocked.Exchange(ref _queue, null)?.Release(_decodedBytes, _start);
}

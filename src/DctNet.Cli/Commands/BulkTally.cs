using System.Globalization;
using DctNet.Client;

namespace DctNet.Cli.Commands;

/// <summary>How far a bulk run is, in one line, what matters most first.</summary>
internal sealed class BulkTally(int items, TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();

    public BulkProgress Now { get; set; }

    /// <summary>Those of this run that the journal has.</summary>
    public int Made { get; set; }

    public int Kept { get; set; }

    public int Failed { get; set; }

    public int Ended => Made + Failed + Kept;

    public override string ToString()
    {
        var seconds = time.GetElapsedTime(_start).TotalSeconds;
        var rate = seconds > 0 ? Made / seconds : 0;
        var left = this switch
        {
            _ when Ended >= items => $"in {Span(seconds)}",
            { Now: { Streams: > 0, Connected: 0 } } => "server away",
            _ when rate > 0 => $"{Span((items - Ended) / rate)} left",
            _ => "? left",
        };
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Ended} of {items}, {Failed} failed, {Kept} kept, {left}, {rate:F1} images/s, " +
            $"{Mega(Now.SentBytes)} up, {Mega(Now.ReceivedBytes)} down");
    }

    private static string Span(double seconds)
    {
        var text = TimeSpan.FromSeconds(seconds).ToString(@"d\.hh\:mm\:ss", CultureInfo.InvariantCulture);
        return text.StartsWith("0.", StringComparison.Ordinal) ? text[2..] : text;
    }

    private static string Mega(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:F1} MB");
}

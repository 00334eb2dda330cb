using System.Globalization;
using DctNet.Client;

namespace DctNet.Cli.Commands;

/// <summary>How far a bulk run is, in one line: items, bytes, speed, time left, failures.</summary>
internal sealed class BulkTally(int items, TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();

    public BulkProgress Now { get; set; }

    public int Kept { get; set; }

    public int Failed { get; set; }

    public int Ended => (int)Now.Done + Failed + Kept;

    public override string ToString()
    {
        var seconds = time.GetElapsedTime(_start).TotalSeconds;
        var rate = seconds > 0 ? Now.Done / seconds : 0;
        var left = rate > 0 ? TimeSpan.FromSeconds(Math.Max(0, items - Ended) / rate).ToString(@"d\.hh\:mm\:ss", CultureInfo.InvariantCulture) : "?";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Ended} of {items}, {Failed} failed, {Kept} kept, {Mega(Now.SentBytes)} up, {Mega(Now.ReceivedBytes)} down, " +
            $"{rate:F1} images/s, {(left.StartsWith("0.", StringComparison.Ordinal) ? left[2..] : left)} left");
    }

    private static string Mega(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:F1} MB");
}

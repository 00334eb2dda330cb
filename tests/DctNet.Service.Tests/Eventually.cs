using System.Diagnostics;
using Xunit.Sdk;

namespace DctNet.Service.Tests;

/// <summary>
/// Asserts what comes about by itself: again and again until it holds. When patience ends, what is thrown is the last failure, with what was
/// seen then.
/// </summary>
internal static class Eventually
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(10);

    public static async Task HoldsAsync(Func<Task> assertion)
    {
        var start = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                await assertion();
                return;
            }
            catch (Exception exception) when (exception is IAssertionException && Stopwatch.GetElapsedTime(start) < s_patience)
            {
                // Not yet.
            }

            await Task.Delay(s_pause, TestContext.Current.CancellationToken);
        }
    }

    public static Task HoldsAsync(Action assertion) => HoldsAsync(() =>
    {
        assertion();
        return Task.CompletedTask;
    });
}

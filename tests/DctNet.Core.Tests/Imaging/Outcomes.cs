using Xunit;

namespace DctNet.Core.Tests.Imaging;

internal static class Outcomes
{
    public static T Value<T>(this Outcome<T> outcome)
        where T : notnull
    {
        Assert.True(outcome.TryGet(out var value, out var failure), failure?.Message);
        return value;
    }

    public static Failure Refusal<T>(this Outcome<T> outcome, FailureCode code)
        where T : notnull
    {
        Assert.False(outcome.TryGet(out _, out var failure), "Expected a failure.");
        Assert.Equal(code, failure.Code);
        Assert.EndsWith(".", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("vips", failure.Message, StringComparison.OrdinalIgnoreCase);
        return failure;
    }
}

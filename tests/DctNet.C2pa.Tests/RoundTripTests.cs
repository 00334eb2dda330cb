using DctNet.C2pa.Verification;
using DctNet.Core.Imaging;
using static DctNet.C2pa.Tests.TestCredentials;

namespace DctNet.C2pa.Tests;

/// <summary>What is written is read.</summary>
public sealed class RoundTripTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(TestFiles.All), MemberType = typeof(TestFiles))]
    public async Task A_signed_file_is_trusted(ImageFormat format)
    {
        var signed = await new ManifestWriter(Signer()).SignAsync(TestFiles.Of(format), Definition(), Cancellation);
        var report = Verifier().Verify(signed.ToArray());

        Assert.Equal("", string.Join("; ", report.Statuses.Where(status => status.Kind == StatusKind.Failure).Select(status => status.Explanation)));
        Assert.Equal(ValidationState.Trusted, report.State);
    }
}

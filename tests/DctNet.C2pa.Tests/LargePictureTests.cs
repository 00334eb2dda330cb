using DctNet.C2pa.Verification;
using DctNet.Core.Imaging;
using static DctNet.C2pa.Tests.TestCredentials;

namespace DctNet.C2pa.Tests;

/// <summary>Alone, because what is allocated is counted for the whole process.</summary>
[CollectionDefinition(nameof(LargePictureTests), DisableParallelization = true)]
[Collection(nameof(LargePictureTests))]
public sealed class LargePictureTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_large_picture_is_not_copied()
    {
        // A JPEG with 32 MB of scan; what is measured does not look into it.
        var small = TestFiles.Of(ImageFormat.Jpeg);
        var large = new byte[32 << 20];
        small.CopyTo(large, 0);
        var writer = new ManifestWriter(Signer());
        await writer.SignAsync(small, Definition(), Cancellation);
        var before = GC.GetTotalAllocatedBytes(precise: true);

        var signed = await writer.SignAsync(large, Definition(), Cancellation);
        await signed.WriteToAsync(Stream.Null, Cancellation);

        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 8 << 20);
        Assert.Equal(ValidationState.Trusted, Verifier().Verify(signed.ToArray()).State);
    }
}

using DctNet.C2pa.Verification;
using static DctNet.C2pa.Tests.TestCredentials;

namespace DctNet.C2pa.Tests;

/// <summary>Files of other makers, and hostile ones, by the letter of C2PA.</summary>
public sealed class RulesTests
{
    [Fact]
    public void A_hash_of_boxes_of_version_1_is_not_counted_on()
    {
        var forgery = new Forgery { LeftOutBoxes = ["ftyp", "mfra"] };
        Assert.Equal(ValidationState.Trusted, Verifier().Verify(forgery.File()).State);

        var report = Verifier().Verify((forgery with { BoxesLabel = "c2pa.hash.bmff" }).File());

        Assert.Equal((ValidationState.Unsupported, true), (report.State, report.Codes.Contains(StatusCodes.AlgorithmUnsupported)));
    }
}

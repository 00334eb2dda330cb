using DctNet.Core;
using DctNet.Service.SoftBinding;
using DctNet.Service.Wire;

namespace DctNet.Service.Tests;

/// <summary>Every failure has a status at both doors, and they say the same.</summary>
public sealed class FailureMappingTests
{
    public static TheoryData<FailureCode> Codes => [.. Enum.GetValues<FailureCode>()];

    [Theory]
    [MemberData(nameof(Codes))]
    public void A_failure_is_the_callers_or_ours_at_both_doors(FailureCode code)
    {
        var http = FailureProblem.Status(code);
        var grpc = (Google.Rpc.Code)FailureStatus.ToStatus(new Failure(code, "why")).Code;

        Assert.Equal(grpc is Google.Rpc.Code.Internal or Google.Rpc.Code.Unavailable, http >= 500);
        Assert.Equal(grpc is Google.Rpc.Code.ResourceExhausted, http == 429);
        Assert.Equal(grpc is Google.Rpc.Code.Unavailable, http == 503);
    }
}

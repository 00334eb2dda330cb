using Google.Rpc;
using Grpc.Core;

namespace DctNet.Service.Tests;

internal static class RpcAssert
{
    /// <summary>The call fails with this status and this ErrorInfo reason; the details are returned for more questions.</summary>
    public static async Task<Google.Rpc.Status> FailsAsync(StatusCode code, string reason, Func<Task> call)
    {
        var exception = await Assert.ThrowsAsync<RpcException>(call);
        Assert.True(exception.StatusCode == code, $"Expected {code}, got {exception.Status}.");
        var status = exception.GetRpcStatus();
        Assert.NotNull(status);
        var info = status.GetDetail<ErrorInfo>();
        Assert.NotNull(info);
        Assert.Equal(reason, info.Reason);
        Assert.Equal("dctnet.dev", info.Domain);
        return status;
    }
}

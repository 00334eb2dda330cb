using System.ComponentModel.DataAnnotations;

namespace DctNet.Service.Options;

/// <summary>Where the server listens. Section <c>DctNet:Ports</c>. A port of 0 takes a free one; -1 does not listen.</summary>
public sealed record PortOptions
{
    /// <summary>Address of all three ports. Defaults to loopback; <c>*</c> is every interface (the container's setting), for the operators' port too.</summary>
    [Required]
    public string Address { get; set; } = "127.0.0.1";

    /// <summary>HTTP/1.1: gRPC-Web. Defaults to 8080.</summary>
    [Range(-1, 65_535)]
    public int Http { get; set; } = 8080;

    /// <summary>gRPC over HTTP/2 without TLS. Defaults to 8081.</summary>
    [Range(-1, 65_535)]
    public int Grpc { get; set; } = 8081;

    /// <summary>HTTP/1.1 for operators: <c>/metrics /healthz /readyz</c>. Never behind the public service. Defaults to 9090.</summary>
    [Range(-1, 65_535)]
    public int Ops { get; set; } = 9090;
}

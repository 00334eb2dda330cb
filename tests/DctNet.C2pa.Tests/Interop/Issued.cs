using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace DctNet.C2pa.Tests.Interop;

/// <summary>A certificate and its key.</summary>
internal sealed record Issued(X509Certificate2 Certificate, AsymmetricAlgorithm Key);

namespace DctNet.C2pa.Verification;

/// <summary>Who signed, as the certificate says it.</summary>
/// <param name="CommonName">The certificate's CN, if it has one.</param>
/// <param name="Organization">The certificate's O, if it has one: what readers show.</param>
/// <param name="Issuer">CN or O of the issuer.</param>
/// <param name="IsDevelopment">True for certificates of <see cref="Signing.DevelopmentCertificates"/>, which prove nothing to others.</param>
public sealed record SignerSummary(string? CommonName, string? Organization, string? Issuer, bool IsDevelopment);

using Microsoft.Extensions.Options;

namespace DctNet.Service.Options;

/// <summary>Checks the attributes of the options; the code is generated, so nothing is reflected at run time.</summary>
[OptionsValidator]
internal sealed partial class DctNetOptionsValidator : IValidateOptions<DctNetOptions>;
